//! Which worlds are looked at: the values that matter of the parameters that matter, without explosion.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::template::{
    Assertion, Expression, ExpressionKind as K, PSEUDO_PARAMETERS, Parameter, Resource, ResourceId, Template,
    Use, pseudo_parameter_may_be,
};

use super::truths::{Truths, bit};
use super::{Equation, Facts, Scenario, Setting, evaluate, place_of_setting};

/// How many scenarios of a template are looked at.
const MAXIMUM_SCENARIOS: usize = 64;
/// How many assignments are tried to find them.
const MAXIMUM_ASSIGNMENTS: usize = 2048;
/// How many values and truths all these assignments may have together; it bounds time and memory for a template with
/// thousands of conditions.
const MAXIMUM_WORK: usize = 1 << 20;
/// Up to how many conditions each pair of them is looked at; of more, each condition by itself.
const MAXIMUM_PAIRED: usize = 128;
/// How many first keys a mapping may have for its parameter to be varied; larger ones are tables by Region or size.
const MAXIMUM_MAPPING_KEYS: usize = 6;
/// How many choices the variables may have together on which a condition rests that is answered once for all assignments
/// which choose these alike.
const MAXIMUM_COMBINATIONS: usize = 64;
/// How many choices an example of a scenario may have.
const MAXIMUM_EXAMPLE: usize = 4;
/// How many undecided equations are tried both ways.
const MAXIMUM_EQUATIONS: usize = 3;

/// Properties that no rule reads and in which a condition therefore does not matter.
const IRRELEVANT_PROPERTIES: &[&str] = &[
    "BlockDeviceMappings",
    "Description",
    "EbsOptimized",
    "ImageId",
    "InstanceType",
    "KeyName",
    "Monitoring",
    "Tenancy",
];

/// The scenarios of a template.
#[derive(Debug)]
pub struct Scenarios<'m, 't> {
    template: &'m Template<'t>,
    uses: Rc<[Use<'m>]>,
    /// Of each resource the index of its condition, if it has one that is there.
    conditions: Rc<[Option<usize>]>,
    /// Of each parameter what holds where nothing is varied: the assigned value, else the default, else anything. Behind
    /// these stands that it may be anything, then what the variables may be.
    settings: Rc<[Setting<'t>]>,
    /// Whether the value was assigned from outside, so that nobody else will choose another.
    assigned: Vec<bool>,
    /// In the order of the parameters.
    variables: Vec<Variable>,
    worlds: Vec<World>,
}

/// A parameter whose value makes a difference.
#[derive(Debug)]
struct Variable {
    parameter: usize,
    /// Where its choices stand among the settings. The first is what the template gets when nobody says otherwise.
    choices: Range<usize>,
}

/// All assignments under which the relevant conditions have the same truth.
#[derive(Debug)]
struct World {
    /// Of each variable the first choice found, and all of them as bits.
    choices: Vec<(usize, u64)>,
    /// Under the first assignment found.
    truths: Truths,
    /// Those that are the same under all of them.
    agreed: Truths,
    equations: Vec<Equation>,
}

/// Which parameters that have only a default are taken as not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freed {
    /// None: every default holds.
    None,
    /// All of them.
    All,
    /// One, by its index.
    One(usize),
}

impl Variable {
    /// Where a choice stands among the settings.
    fn place_of(&self, choice: usize) -> u32 {
        (self.choices.start + choice) as u32
    }
}

impl World {
    /// One of which a first assignment was found.
    fn found(choices: Vec<(usize, u64)>, truths: &Truths, equations: &[Equation]) -> Self {
        Self { choices, truths: truths.clone(), agreed: truths.clone(), equations: equations.to_vec() }
    }
}

impl Freed {
    fn includes(self, parameter: usize) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::One(one) => one == parameter,
        }
    }
}

impl<'m, 't> Scenarios<'m, 't> {
    /// The scenarios of `template`. `assigned` gives values of parameters and pseudo parameters by name;
    /// `relevant` says which resources matter.
    pub fn of(
        template: &'m Template<'t>,
        assigned: &BTreeMap<String, String>,
        relevant: &dyn Fn(&Resource<'t>) -> bool,
    ) -> Self {
        Self::with_kept(template, assigned, &BTreeSet::new(), relevant)
    }

    /// The same where a stack exists already, and keeps the values that it has for the parameters `kept`: nothing is
    /// known of those, and their defaults do not matter.
    pub fn with_kept(
        template: &'m Template<'t>,
        assigned: &BTreeMap<String, String>,
        kept: &BTreeSet<String>,
        relevant: &dyn Fn(&Resource<'t>) -> bool,
    ) -> Self {
        let names = template.parameters.iter().map(|parameter| parameter.name.text.as_ref());
        let names = names.chain(PSEUDO_PARAMETERS.iter().copied());
        let base = names.clone().enumerate().map(|(index, name)| match assigned.get(name) {
            Some(value) => Setting::Is(value.clone().into()),
            None if kept.contains(name) => Setting::Free,
            None => match template.parameters.get(index).and_then(|parameter| parameter.default.as_ref()) {
                Some(default) => Setting::Is(default.text.clone()),
                None => Setting::Free,
            },
        });
        let is_assigned = names.map(|name| assigned.contains_key(name));
        let index = |resource: &Resource<'_>| {
            let condition = resource.condition.as_ref()?;
            template.find_condition(&condition.text).map(|(index, _)| index)
        };
        let mut scenarios = Self {
            template,
            uses: template.uses().into(),
            conditions: template.resources.iter().map(index).collect(),
            settings: base.chain([Setting::Free]).collect(),
            assigned: is_assigned.collect(),
            variables: Vec::new(),
            worlds: Vec::new(),
        };
        let conditions = template.conditions.iter();
        let used: Vec<Vec<usize>> =
            conditions.map(|condition| conditions_in(template, &condition.value)).collect();
        let interest = Interest::of(template, relevant);
        let order = in_order(&used);
        let is_needed = needed(&interest, &used, &order);
        let (needed, others): (Vec<usize>, Vec<usize>) =
            order.into_iter().partition(|&condition| is_needed[condition]);
        scenarios.vary(&interest, &needed);
        scenarios.worlds = scenarios.enumerate(&interest, &scenarios.plan(&needed, &others, used));
        scenarios
    }

    /// How many there are, at least one. The first is the one that a deployment without further words gets.
    pub fn len(&self) -> usize {
        self.worlds.len()
    }

    /// Whether there are none; never the case.
    pub fn is_empty(&self) -> bool {
        self.worlds.is_empty()
    }

    /// One scenario.
    pub fn scenario(&self, index: usize, freed: Freed) -> Scenario<'m, 't> {
        let world = &self.worlds[index];
        let mut settings = self.unvaried(freed);
        for (variable, &(first, all)) in self.variables.iter().zip(&world.choices) {
            let several = all.count_ones() > 1;
            if !several || !freed.includes(variable.parameter) {
                settings[variable.parameter] = variable.place_of(first);
            }
        }
        self.made(settings, world.truths.clone(), world.equations.clone())
    }

    /// Of each parameter the place of its setting where nothing is varied.
    fn unvaried(&self, freed: Freed) -> Vec<u32> {
        let free = self.assigned.len();
        let place = |parameter: usize| {
            let is_freed = freed.includes(parameter) && !self.assigned[parameter];
            if is_freed && matches!(self.base(parameter), Setting::Is(_)) { free } else { parameter }
        };
        (0..free).map(|parameter| place(parameter) as u32).collect()
    }

    /// What holds of a parameter where nothing is varied.
    fn base(&self, parameter: usize) -> &Setting<'t> {
        &self.settings[parameter]
    }

    fn choices(&self, variable: &Variable) -> &[Setting<'t>] {
        &self.settings[variable.choices.clone()]
    }

    fn made(&self, settings: Vec<u32>, truths: Truths, equations: Vec<Equation>) -> Scenario<'m, 't> {
        Scenario {
            template: self.template,
            uses: self.uses.clone(),
            conditions: self.conditions.clone(),
            settings: self.settings.clone(),
            facts: Rc::new(Facts { settings, truths, equations }),
            undecided: RefCell::default(),
            asked: Cell::default(),
        }
    }

    /// The scenarios in which a resource exists, in order.
    pub fn existing(&self, resource: ResourceId) -> impl Iterator<Item = usize> {
        let condition = self.conditions[resource.0 as usize];
        let exists = move |index: &usize| {
            condition.is_none_or(|condition| self.worlds[*index].truths.of(condition) != Some(false))
        };
        (0..self.worlds.len()).filter(exists)
    }

    /// The parameters of these resources whose values come from a default alone, by index and name.
    pub fn defaulted(&self, resources: &[&Resource<'t>]) -> Vec<(usize, &'m str)> {
        let mut found: Vec<(usize, &'m str)> = Vec::new();
        let mut note = |name: &str| {
            if let Some((index, parameter)) = self.template.find_parameter(name)
                && !self.assigned[index]
                && matches!(self.base(index), Setting::Is(_))
                && !found.iter().any(|(present, _)| *present == index)
            {
                found.push((index, parameter.name.text.as_ref()));
            }
        };
        for resource in resources {
            for member in self.template.members(resource.properties) {
                member.value.walk(self.template, &mut |expression| {
                    each_reference(self.template, expression, &mut note);
                });
            }
        }
        found
    }

    /// The default of a parameter, for words.
    pub fn default_of(&self, parameter: usize) -> &str {
        match self.base(parameter) {
            Setting::Is(text) => text,
            _ => "",
        }
    }

    /// In words, when the scenarios `holding` are the case among `all` (both sorted): "when `Environment` is `prod`".
    pub fn describe(&self, holding: &[usize], all: &[usize]) -> String {
        let others: Vec<usize> = all.iter().copied().filter(|index| !holding.contains(index)).collect();
        let bits = |indexes: &[usize], variable: usize| {
            indexes.iter().fold(0, |bits, &index| bits | self.worlds[index].choices[variable].1)
        };
        for variable in 0..self.variables.len() {
            let here = bits(holding, variable);
            if here & bits(&others, variable) == 0 {
                return format!("when {}", self.variable_is(variable, here));
            }
        }
        for truth in [true, false] {
            for (condition, member) in self.template.conditions.iter().enumerate() {
                let is = |index: &usize, truth| self.worlds[*index].agreed.of(condition) == Some(truth);
                if holding.iter().all(|index| is(index, truth))
                    && others.iter().all(|index| is(index, !truth))
                {
                    let verb = if truth { "holds" } else { "does not hold" };
                    return format!("when condition `{}` {verb}", member.key.text);
                }
            }
        }
        // Several variables together: those in which all holding scenarios agree, if that tells them apart.
        let mut parts = Vec::new();
        let mut left = others.clone();
        for variable in 0..self.variables.len() {
            let here = bits(holding, variable);
            let before = left.len();
            left.retain(|&index| self.worlds[index].choices[variable].1 & here != 0);
            if left.len() < before {
                parts.push(self.variable_is(variable, here));
            }
        }
        if left.is_empty() && !parts.is_empty() && parts.len() <= 3 {
            return format!("when {}", parts.join(" and "));
        }
        match holding.first().map(|&first| self.example(first, others)) {
            None => String::new(),
            Some(example) if example.is_empty() => "in some scenarios".to_owned(),
            Some(example) => format!("for example when {}", example.join(" and ")),
        }
    }

    /// In words, the choices by which an assignment is one of a scenario and of none of the others; empty where these are
    /// too many, or choices do not tell them apart.
    fn example(&self, index: usize, mut others: Vec<usize>) -> Vec<String> {
        let world = &self.worlds[index];
        let chosen = |variable: usize| 1 << world.choices[variable].0;
        let several =
            (0..self.variables.len()).filter(|&variable| self.variables[variable].choices.len() > 1);
        let (mut telling, all): (Vec<usize>, Vec<usize>) = (Vec::new(), several.collect());
        for &variable in &all {
            let before = others.len();
            others.retain(|&other| self.worlds[other].choices[variable].1 & chosen(variable) != 0);
            if others.len() < before {
                telling.push(variable);
            }
        }
        // Each choice may be one of another scenario too, and yet all of them together are not.
        if !others.is_empty() {
            telling = if world.equations.is_empty() { all } else { Vec::new() };
        }
        if telling.len() > MAXIMUM_EXAMPLE {
            return Vec::new();
        }
        telling.into_iter().map(|variable| self.variable_is(variable, chosen(variable))).collect()
    }

    /// In words, what one scenario differs in from another: "`Environment` is `prod`". Empty where they are the same.
    pub fn difference(&self, index: usize, from: usize) -> String {
        let (here, there) = (&self.worlds[index], &self.worlds[from]);
        let choice = |world: &World, variable: usize| world.choices[variable].0;
        let others =
            (0..self.variables.len()).filter(|&variable| choice(here, variable) != choice(there, variable));
        let parts: Vec<_> =
            others.map(|variable| self.variable_is(variable, 1 << choice(here, variable))).collect();
        if !parts.is_empty() || index == from {
            return parts.join(" and ");
        }
        let assumed = here.equations.iter().filter(|equation| !there.equations.contains(equation));
        let parts: Vec<_> = assumed
            .map(|(equation, truth)| {
                format!("`{equation}` {}", if *truth { "holds" } else { "does not hold" })
            })
            .collect();
        parts.join(" and ")
    }

    fn variable_is(&self, variable: usize, bits: u64) -> String {
        let variable = &self.variables[variable];
        let (parameter, choices) = (variable.parameter, self.choices(variable));
        let name = match self.template.parameters.get(parameter) {
            Some(parameter) => parameter.name.text.as_ref(),
            None => PSEUDO_PARAMETERS[parameter - self.template.parameters.len()],
        };
        let shown = |text: &str| if text.is_empty() { "empty".to_owned() } else { format!("`{text}`") };
        let chosen = |wanted: bool| {
            choices
                .iter()
                .enumerate()
                .filter(move |(index, _)| (bits >> index & 1 == 1) == wanted)
                .map(|(_, choice)| choice)
        };
        if chosen(true).any(|choice| !matches!(choice, Setting::Is(_))) {
            // "Something else" is best said by what it is not.
            let not: Vec<_> = chosen(false)
                .filter_map(|choice| match choice {
                    Setting::Is(text) => Some(shown(text)),
                    _ => None,
                })
                .collect();
            return match not.as_slice() {
                [] => format!("`{name}` is anything"),
                [one] => format!("`{name}` is not {one}"),
                many => format!("`{name}` is none of {}", many.join(", ")),
            };
        }
        let is: Vec<_> = chosen(true)
            .filter_map(|choice| match choice {
                Setting::Is(text) => Some(shown(text)),
                _ => None,
            })
            .collect();
        format!("`{name}` is {}", is.join(" or "))
    }

    /// Finds the variables.
    fn vary(&mut self, interest: &Interest<'t>, needed: &[usize]) {
        if interest.conditions.is_empty() && interest.mapping_keys.is_empty() {
            return;
        }
        let mut literals: BTreeMap<usize, Vec<Cow<'t, str>>> = BTreeMap::new();
        for &condition in needed {
            self.template.conditions[condition].value.walk(self.template, &mut |part| {
                if let K::Equals(one, other) | K::Contains(one, other) = part.kind {
                    let (one, other) = (self.template.expression(one), self.template.expression(other));
                    self.compared(one, other, &mut literals);
                    self.compared(other, one, &mut literals);
                }
            });
        }
        for (parameter, keys) in &interest.mapping_keys {
            literals.entry(*parameter).or_default().extend(keys.iter().cloned());
        }
        let mut settings = self.settings.to_vec();
        for (parameter, literals) in literals {
            let selects = interest.mapping_keys.contains_key(&parameter);
            let first = settings.len();
            settings.extend(self.choices_of(parameter, &literals, selects));
            let choices = first..settings.len();
            if !choices.is_empty() {
                self.variables.push(Variable { parameter, choices });
            }
        }
        self.settings = settings.into();
    }

    /// Notes what the parameters inside `one` are compared with.
    fn compared(
        &self,
        one: &Expression<'t>,
        other: &Expression<'t>,
        literals: &mut BTreeMap<usize, Vec<Cow<'t, str>>>,
    ) {
        one.walk(self.template, &mut |part| {
            each_reference(self.template, part, &mut |name| {
                let Some(parameter) = self.setting_index(name) else { return };
                let compared = literals.entry(parameter).or_default();
                match &other.kind {
                    // Behind a function only emptiness is recognised.
                    K::Text { text, .. } if matches!(one.kind, K::Ref(_)) || text.is_empty() => {
                        compared.push(text.clone());
                    }
                    K::List(items) => {
                        let texts = self.template.items(*items).iter().filter_map(|item| match &item.kind {
                            K::Text { text, .. } => Some(text.clone()),
                            _ => None,
                        });
                        compared.extend(texts);
                    }
                    K::Ref(name) => {
                        if let Some(Setting::Is(text)) =
                            self.setting_index(&name.text).map(|index| self.base(index))
                        {
                            compared.push(text.clone());
                        }
                    }
                    _ => {}
                }
            });
        });
    }

    fn setting_index(&self, name: &str) -> Option<usize> {
        let index = place_of_setting(self.template, name)?;
        let is_indirect = self.template.parameters.get(index).is_some_and(Parameter::is_indirect);
        (!is_indirect).then_some(index)
    }

    /// What a parameter may be; empty where that is not several things.
    fn choices_of(&self, parameter: usize, literals: &[Cow<'t, str>], selects: bool) -> Vec<Setting<'t>> {
        if self.assigned[parameter] {
            return Vec::new();
        }
        let allowed = self.template.parameters.get(parameter).map_or(&[][..], |parameter| &parameter.allowed);
        let mut texts: Vec<Cow<'t, str>> = Vec::new();
        if let Setting::Is(default) = self.base(parameter) {
            texts.push(default.clone());
        }
        let pseudo = parameter.checked_sub(self.template.parameters.len());
        let may_be = |text: &str| match pseudo {
            Some(pseudo) => pseudo_parameter_may_be(PSEUDO_PARAMETERS[pseudo], text),
            None => allowed.is_empty() || allowed.iter().any(|allowed| allowed == text),
        };
        let (possible, impossible): (Vec<_>, Vec<_>) = literals.iter().partition(|literal| may_be(literal));
        for literal in possible {
            if !texts.contains(literal) && texts.len() < 60 {
                texts.push(literal.clone());
            }
        }
        let rest: Vec<&Cow<'t, str>> =
            allowed.iter().filter(|allowed| !texts.contains(allowed)).take(2).collect();
        let mut choices: Vec<Setting<'t>> = texts.iter().cloned().map(Setting::Is).collect();
        match (allowed.is_empty(), rest.as_slice()) {
            (false, []) => {}
            (false, [one]) => choices.push(Setting::Is((*one).clone())),
            // A key that the mapping does not have fails the deployment.
            _ if selects => {}
            _ => {
                let excluded = texts.into_iter().chain(impossible.iter().map(|&literal| literal.clone()));
                choices.push(Setting::Other(excluded.map(Cow::into_owned).collect()));
            }
        }
        // What is only known not to be some text is no choice, and yet decides conditions.
        if choices.len() > 1 || !impossible.is_empty() { choices } else { Vec::new() }
    }

    fn enumerate(&self, interest: &Interest<'t>, plan: &Plan) -> Vec<World> {
        if self.variables.is_empty() && plan.steps.is_empty() {
            let truths = Truths::unknown(self.template.conditions.len());
            return vec![World::found(Vec::new(), &truths, &[])];
        }
        let selects = |&place: &usize| interest.mapping_keys.contains_key(&self.variables[place].parameter);
        let selecting: Vec<usize> = (0..self.variables.len()).filter(selects).collect();
        // By the truths of the conditions that matter and the choices that select from mappings.
        let mut seen: FxHashMap<(Truths, Vec<usize>), usize> = FxHashMap::default();
        let mut matter = Truths::unknown(self.template.conditions.len());
        for &condition in &interest.conditions {
            matter.set(condition, Some(true));
        }
        let mut key = (matter.clone(), Vec::new());
        let mut worlds: Vec<World> = Vec::new();
        let mut known = self.nothing_known(plan);
        self.each_assignment(plan.needed, &mut |choice| {
            self.choose(&mut known, choice.iter().copied());
            self.settle(&mut known, plan, plan.decisive(), None);
            self.decide(&mut known, plan, &mut |Facts { truths, equations, .. }| {
                let (decisive, chosen) = &mut key;
                decisive.copy(truths, &matter);
                chosen.clear();
                chosen.extend(selecting.iter().map(|&variable| choice[variable]));
                if let Some(&present) = seen.get(&key) {
                    let choices = worlds[present].choices.iter_mut();
                    choices.zip(choice).for_each(|((_, all), choice)| *all |= 1 << choice);
                    worlds[present].agreed.retain(truths);
                    return;
                }
                seen.insert(key.clone(), worlds.len());
                let choices = choice.iter().map(|&choice| (choice, 1 << choice)).collect();
                worlds.push(World::found(choices, truths, equations));
            });
        });
        if worlds.is_empty() {
            // The assertions of the template exclude everything that was tried: look at the default all the same.
            let default = vec![(0, 1); self.variables.len()];
            self.choose(&mut known, default.iter().map(|&(choice, _)| choice));
            self.settle(&mut known, plan, plan.decisive(), None);
            worlds.push(World::found(default, &known.scenario.facts.truths, &[]));
        }
        if worlds.len() > MAXIMUM_SCENARIOS {
            worlds = covering(worlds, &interest.conditions);
        }
        for world in &mut worlds {
            self.complete(world, &mut known, plan);
        }
        worlds
    }

    /// Finds the truths of the conditions that do not decide what worlds there are.
    fn complete(&self, world: &mut World, known: &mut Known<'m, 't>, plan: &Plan) {
        let others = plan.decisive().end..plan.steps.len();
        if others.is_empty() {
            return;
        }
        self.choose(known, world.choices.iter().map(|&(first, _)| first));
        known.answers[others.clone()].fill(None);
        let equations = world.equations.iter();
        known.assumptions =
            equations.fold(0, |before, (equation, truth)| plan.number(before, equation, *truth));
        let facts = Rc::make_mut(&mut known.scenario.facts);
        facts.truths.clone_from(&world.truths);
        facts.equations.clone_from(&world.equations);
        self.settle(known, plan, others, None);
        world.truths.clone_from(&known.scenario.facts.truths);
    }

    /// Calls `visit` with assignments of the variables, the default first: all of them, or where that is too many the
    /// default with one and with two variables changed. Where even these are too many, some that show any two variables
    /// unchanged, each of them changed and both of them changed come before.
    fn each_assignment(&self, conditions: usize, visit: &mut dyn FnMut(&[usize])) {
        let sizes: Vec<usize> = self.variables.iter().map(|variable| variable.choices.len()).collect();
        let each = sizes.len() + conditions;
        let most = (MAXIMUM_WORK / each.max(1)).clamp(MAXIMUM_SCENARIOS, MAXIMUM_ASSIGNMENTS);
        let product = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let mut left = most;
        // Whether more may be tried.
        let mut visit = |choice: &[usize]| {
            visit(choice);
            left = left.saturating_sub(1);
            left > 0
        };
        let mut present = vec![0; sizes.len()];
        let mut more = visit(&present);
        if product.is_some_and(|product| product <= most) {
            while let Some(place) = (0..sizes.len()).rev().find(|&place| present[place] + 1 < sizes[place]) {
                present[place] += 1;
                present[place + 1..].fill(0);
                visit(&present);
            }
            return;
        }
        let changes: Vec<(usize, usize)> = sizes
            .iter()
            .enumerate()
            .flat_map(|(variable, &size)| (1..size).map(move |choice| (variable, choice)))
            .collect();
        if changes.len() * (changes.len() + 1) / 2 >= most {
            present.fill(1);
            visit(&present);
            // Two numbers differ in some bit.
            for bit in 0..usize::BITS - sizes.len().leading_zeros() {
                for wanted in [1, 0] {
                    for (variable, choice) in present.iter_mut().enumerate() {
                        *choice = usize::from(variable >> bit & 1 == wanted);
                    }
                    more = visit(&present);
                }
            }
            present.fill(0);
        }
        for (index, &(variable, choice)) in changes.iter().enumerate() {
            if !more {
                return;
            }
            present[variable] = choice;
            more = visit(&present);
            for &(other, choice) in changes[index + 1..].iter().filter(|(other, _)| *other != variable) {
                if !more {
                    return;
                }
                present[other] = choice;
                more = visit(&present);
                present[other] = 0;
            }
            present[variable] = 0;
        }
    }

    /// The steps to the truths of these conditions, with what each of them rests on.
    fn plan(&self, needed: &[usize], others: &[usize], mut used: Vec<Vec<usize>>) -> Plan {
        let variable = |name: &str| {
            let parameter = self.setting_index(name)?;
            self.variables.binary_search_by_key(&parameter, |variable| variable.parameter).ok()
        };
        let variables_in = |expression: &Expression<'t>, found: &mut Vec<usize>| {
            expression.walk(self.template, &mut |part| {
                each_reference(self.template, part, &mut |name| found.extend(variable(name)));
            });
        };
        let mut steps: Vec<Step> = Vec::with_capacity(used.len() + self.template.assertions.len());
        let mut places = vec![None; used.len()];
        let of_needed = needed.iter().copied().map(Finds::Condition);
        let of_assertions = (0..self.template.assertions.len()).map(Finds::Refusal);
        let of_others = others.iter().copied().map(Finds::Condition);
        for finds in of_needed.chain(of_assertions).chain(of_others) {
            let mut variables = Vec::new();
            let mut conditions = Vec::new();
            match finds {
                Finds::Condition(condition) => {
                    places[condition] = Some(steps.len());
                    variables_in(&self.template.conditions[condition].value, &mut variables);
                    conditions = std::mem::take(&mut used[condition]);
                }
                Finds::Refusal(assertion) => {
                    let assertion = &self.template.assertions[assertion];
                    for expression in assertion.condition.iter().chain(&assertion.asserts) {
                        variables_in(expression, &mut variables);
                        conditions.extend(conditions_in(self.template, expression));
                    }
                }
            }
            let before = conditions.iter().filter_map(|&condition| Some(&steps[places[condition]?]));
            steps.push(self.step(finds, variables, &conditions, before));
        }
        Plan {
            needed: needed.len(),
            assertions: self.template.assertions.len(),
            steps,
            answered: RefCell::default(),
            numbers: RefCell::default(),
        }
    }

    /// A step to something that names these variables and conditions, with the steps to those conditions that come before.
    fn step<'p>(
        &self,
        finds: Finds,
        mut variables: Vec<usize>,
        conditions: &[usize],
        before: impl Iterator<Item = &'p Step>,
    ) -> Step {
        let mut is_simple = self.are_few(&mut variables);
        let direct = bits(&variables);
        for step in before {
            is_simple &= step.is_simple;
            if is_simple {
                variables.extend(&step.variables);
                is_simple = self.are_few(&mut variables);
            }
        }
        Step { finds, variables, direct, conditions: bits(conditions), is_simple }
    }

    /// Puts these variables in order, each once, and tells whether they have few choices together.
    fn are_few(&self, variables: &mut Vec<usize>) -> bool {
        variables.sort_unstable();
        variables.dedup();
        let sizes = variables.iter().map(|&variable| self.variables[variable].choices.len());
        sizes.fold(1, usize::saturating_mul) <= MAXIMUM_COMBINATIONS
    }

    /// Where no assignment was looked at so far; all variables have their first choice.
    fn nothing_known(&self, plan: &Plan) -> Known<'m, 't> {
        let mut settings = self.unvaried(Freed::None);
        for variable in &self.variables {
            settings[variable.parameter] = variable.place_of(0);
        }
        let truths = Truths::unknown(self.template.conditions.len());
        Known {
            choice: vec![0; self.variables.len()],
            varied: 0,
            answers: vec![None; plan.steps.len()],
            scenario: self.made(settings, truths, Vec::new()),
            assumptions: 0,
        }
    }

    /// Goes on to another assignment. What is known of the one before saves most of the work, for neighbours differ in
    /// one or two variables.
    fn choose(&self, known: &mut Known<'m, 't>, choice: impl Iterator<Item = usize>) {
        let facts = Rc::make_mut(&mut known.scenario.facts);
        for (index, (variable, choice)) in self.variables.iter().zip(choice).enumerate() {
            if known.choice[index] != choice {
                known.choice[index] = choice;
                known.varied |= bit(index);
                facts.settings[variable.parameter] = variable.place_of(choice);
            }
        }
    }

    /// Tells the worlds of what is known that the template allows: one for each way to decide the equations that
    /// conditions leave open.
    fn decide(&self, known: &mut Known<'m, 't>, plan: &Plan, tell: &mut dyn FnMut(&Facts)) {
        let (conditions, refusals) = known.answers[plan.decisive()].split_at(plan.needed);
        let open = conditions.iter().flatten().find_map(|answer| answer.open.as_ref()?.first());
        match open.cloned() {
            Some(equation) if known.scenario.facts.equations.len() < MAXIMUM_EQUATIONS => {
                let (truths, answers) = (known.scenario.facts.truths.clone(), known.answers.clone());
                let assumptions = known.assumptions;
                for truth in [false, true] {
                    let facts = Rc::make_mut(&mut known.scenario.facts);
                    facts.equations.push((equation.clone(), truth));
                    known.assumptions = plan.number(assumptions, &equation, truth);
                    self.settle(known, plan, plan.decisive(), Some(&equation));
                    self.decide(known, plan, tell);
                    let facts = Rc::make_mut(&mut known.scenario.facts);
                    facts.equations.pop();
                    facts.truths.clone_from(&truths);
                    known.answers.clone_from(&answers);
                }
                known.assumptions = assumptions;
            }
            _ if refusals.iter().flatten().any(|answer| answer.truth == Some(true)) => {}
            _ => tell(&known.scenario.facts),
        }
    }

    /// Takes those of the steps that may lead to something else than before: they rest on a variable or a condition that
    /// has changed, or left open the equation that is assumed now.
    fn settle(&self, known: &mut Known<'m, 't>, plan: &Plan, steps: Range<usize>, assumed: Option<&Rc<str>>) {
        let Known { choice, varied, answers, scenario, assumptions } = known;
        let mut answered = plan.answered.borrow_mut();
        let varied = std::mem::take(varied);
        let mut changed = 0;
        let first = steps.start;
        let steps = plan.steps[steps.clone()].iter().zip(&mut answers[steps]);
        for (place, (step, last)) in (first..).zip(steps) {
            let is_touched = step.direct & varied | step.conditions & changed != 0;
            let stays = |answer: &Answer| !assumed.is_some_and(|equation| answer.leaves_open(equation));
            if !is_touched && last.as_ref().is_some_and(stays) {
                continue;
            }
            let answer = if step.is_simple {
                let combination = step.variables.iter().fold(0, |combination, &variable| {
                    combination * self.variables[variable].choices.len() + choice[variable]
                });
                answered
                    .entry((*assumptions, place * MAXIMUM_COMBINATIONS + combination))
                    .or_insert_with(|| self.answer(scenario, step))
                    .clone()
            } else {
                self.answer(scenario, step)
            };
            if let Finds::Condition(condition) = step.finds
                && Rc::make_mut(&mut scenario.facts).truths.set(condition, answer.truth)
            {
                changed |= bit(condition);
            }
            *last = Some(answer);
        }
    }

    fn answer(&self, scenario: &Scenario<'m, 't>, step: &Step) -> Answer {
        let truth = match step.finds {
            Finds::Condition(condition) => {
                evaluate::truth(scenario, &self.template.conditions[condition].value, 0)
            }
            Finds::Refusal(assertion) => Some(refuses(&self.template.assertions[assertion], scenario)),
        };
        let open = scenario.undecided.take();
        Answer { truth, open: (!open.is_empty()).then(|| open.into()) }
    }
}

/// These indexes as bits. Those that lie 64 apart share one: a step may then be taken again in vain.
fn bits(indexes: &[usize]) -> u64 {
    indexes.iter().fold(0, |bits, &index| bits | bit(index))
}

/// The conditions that an expression names, by their indexes.
fn conditions_in<'t>(template: &Template<'t>, expression: &Expression<'t>) -> Vec<usize> {
    let mut found = Vec::new();
    expression.walk(template, &mut |part| {
        if let K::Condition(name) | K::If { condition: name, .. } = &part.kind
            && let Some((index, _)) = template.find_condition(&name.text)
            && !found.contains(&index)
        {
            found.push(index);
        }
    });
    found
}

/// Indexes of the conditions, of which each uses these others, each behind those that it uses. Conditions in a circle
/// are left out: their truth is not known.
fn in_order(used: &[Vec<usize>]) -> Vec<usize> {
    let mut waiting: Vec<usize> = used.iter().map(Vec::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); used.len()];
    for (user, used) in used.iter().enumerate() {
        for &condition in used {
            dependents[condition].push(user);
        }
    }
    let mut order: Vec<usize> = (0..used.len()).filter(|&index| waiting[index] == 0).collect();
    let mut next = 0;
    while let Some(&condition) = order.get(next) {
        next += 1;
        for &user in &dependents[condition] {
            waiting[user] -= 1;
            if waiting[user] == 0 {
                order.push(user);
            }
        }
    }
    order
}

/// Of each condition whether the relevant ones rest on it, directly or through others.
fn needed(interest: &Interest<'_>, used: &[Vec<usize>], order: &[usize]) -> Vec<bool> {
    let mut needed = vec![false; used.len()];
    for &condition in &interest.conditions {
        needed[condition] = true;
    }
    for &condition in order.iter().rev() {
        if needed[condition] {
            used[condition].iter().for_each(|&used| needed[used] = true);
        }
    }
    needed
}

/// Whether an assertion of the `Rules` section of the template does not hold where it must.
fn refuses<'t>(assertion: &Assertion<'t>, scenario: &Scenario<'_, 't>) -> bool {
    let is = |expression: &Expression<'t>, wanted| evaluate::truth(scenario, expression, 0) == Some(wanted);
    assertion.condition.as_ref().is_none_or(|condition| is(condition, true))
        && assertion.asserts.iter().any(|assert| is(assert, false))
}

/// A set of worlds in which each pair of truths that any world shows is shown; the first stays first. Of very many
/// conditions each truth is, and then what comes first.
fn covering(worlds: Vec<World>, conditions: &[usize]) -> Vec<World> {
    let reach = if conditions.len() > MAXIMUM_PAIRED { 1 } else { conditions.len() };
    let width = 3 * reach;
    let mut seen = vec![false; 3 * conditions.len() * width];
    let mut codes = Vec::with_capacity(conditions.len());
    let mut adds = |world: &World| {
        codes.clear();
        codes.extend(conditions.iter().map(|&condition| usize::from(code(world.truths.of(condition)))));
        let mut adds = false;
        for (index, one) in codes.iter().enumerate() {
            let row = (3 * index + one) * width;
            for (distance, other) in codes[index..].iter().take(reach).enumerate() {
                adds |= !std::mem::replace(&mut seen[row + 3 * distance + other], true);
            }
        }
        adds
    };
    let mut result = Vec::new();
    let mut others = Vec::new();
    for world in worlds {
        if result.len() == MAXIMUM_SCENARIOS {
            break;
        }
        if adds(&world) { result.push(world) } else { others.push(world) }
    }
    if reach == 1 {
        let room = MAXIMUM_SCENARIOS - result.len();
        result.extend(others.into_iter().take(room));
    }
    result
}

/// A truth as a number below three.
fn code(truth: Option<bool>) -> u8 {
    truth.map_or(2, u8::from)
}

/// Calls `note` for each parameter, pseudo parameter or resource that this one expression names by `Ref` or `Sub`.
fn each_reference(template: &Template<'_>, expression: &Expression<'_>, note: &mut dyn FnMut(&str)) {
    match &expression.kind {
        K::Ref(name) => note(&name.text),
        K::Sub { parts, .. } => {
            for part in template.parts(*parts) {
                if let crate::template::SubPartKind::Variable(name) = &part.kind {
                    note(name);
                }
            }
        }
        _ => {}
    }
}

/// The steps to what is found for each assignment: first to the conditions that are needed, each behind those that it
/// names, then to the assertions of the template; both decide what worlds there are. Behind them come the other
/// conditions.
struct Plan {
    needed: usize,
    assertions: usize,
    steps: Vec<Step>,
    /// What simple steps lead to: by the number of the equations assumed, and by their places together with the combination
    /// of choices that their variables have. Most assignments differ in other variables.
    answered: RefCell<FxHashMap<(usize, usize), Answer>>,
    /// The number of some equations with one more; that of none is 0.
    numbers: RefCell<FxHashMap<(usize, Equation), usize>>,
}

impl Plan {
    fn decisive(&self) -> Range<usize> {
        0..self.needed + self.assertions
    }

    /// The number of equations, of which the last is this one, and those before have a number already.
    fn number(&self, before: usize, equation: &Rc<str>, truth: bool) -> usize {
        let mut numbers = self.numbers.borrow_mut();
        let next = numbers.len() + 1;
        *numbers.entry((before, (equation.clone(), truth))).or_insert(next)
    }
}

/// One step of a plan.
struct Step {
    finds: Finds,
    /// Where it is simple, the indexes of the variables on which it rests, itself and through conditions.
    variables: Vec<usize>,
    /// The variables that it names itself, as bits by their indexes.
    direct: u64,
    /// The conditions that it names, likewise.
    conditions: u64,
    /// Whether the variables on which it rests have few choices, so that they are chosen alike again and again.
    is_simple: bool,
}

/// What a step finds.
#[derive(Clone, Copy)]
enum Finds {
    /// The truth of a condition, by its index.
    Condition(usize),
    /// Whether an assertion refuses the world, by its index.
    Refusal(usize),
}

/// What a step leads to.
#[derive(Clone)]
struct Answer {
    truth: Option<bool>,
    /// Equations met that are not decided, if any.
    open: Option<Rc<[Rc<str>]>>,
}

impl Answer {
    fn leaves_open(&self, equation: &Rc<str>) -> bool {
        self.open.as_ref().is_some_and(|open| open.contains(equation))
    }
}

/// What an assignment makes of the conditions, with the equations assumed so far.
struct Known<'m, 't> {
    choice: Vec<usize>,
    /// The variables that were chosen anew since the steps were taken, as bits by their indexes.
    varied: u64,
    /// What each step of the plan leads to, where it was taken.
    answers: Vec<Option<Answer>>,
    /// Only conditions matter in it.
    scenario: Scenario<'m, 't>,
    /// The number of the equations assumed in it.
    assumptions: usize,
}

/// What the relevant resources depend on.
struct Interest<'t> {
    /// Indexes of conditions, sorted.
    conditions: Vec<usize>,
    /// Parameters that select from small mappings, with the keys.
    mapping_keys: BTreeMap<usize, Vec<Cow<'t, str>>>,
}

impl<'t> Interest<'t> {
    fn of(template: &Template<'t>, relevant: &dyn Fn(&Resource<'t>) -> bool) -> Self {
        let mut interest = Self { conditions: Vec::new(), mapping_keys: BTreeMap::new() };
        if template.conditions.is_empty() && template.mappings.is_empty() {
            return interest;
        }
        for resource in template.resources.iter().filter(|resource| relevant(resource)) {
            if let Some(condition) = &resource.condition {
                interest.condition(template, &condition.text);
            }
            let members = template.members(resource.properties).iter();
            for member in members.filter(|member| !IRRELEVANT_PROPERTIES.contains(&member.key.text.as_ref()))
            {
                member.value.walk(template, &mut |part| match &part.kind {
                    K::If { condition, .. } => interest.condition(template, &condition.text),
                    K::FindInMap { map, first, .. } => {
                        interest.mapping(template, template.expression(*map), template.expression(*first));
                    }
                    _ => {}
                });
            }
        }
        interest.conditions.sort_unstable();
        interest.conditions.dedup();
        interest
    }

    fn condition(&mut self, template: &Template<'_>, name: &str) {
        self.conditions.extend(template.find_condition(name).map(|(index, _)| index));
    }

    fn mapping(&mut self, template: &Template<'t>, map: &Expression<'t>, first: &Expression<'t>) {
        let K::Ref(name) = &first.kind else { return };
        let Some((index, parameter)) = template.find_parameter(&name.text) else { return };
        let Some(map) = map.text() else { return };
        let Some(mapping) = template.mappings.iter().find(|member| member.key.text == map) else { return };
        let keys = mapping.value.members(template);
        if keys.len() <= MAXIMUM_MAPPING_KEYS && !parameter.is_indirect() {
            let keys = keys.iter().map(|member| member.key.text.clone());
            self.mapping_keys.entry(index).or_default().extend(keys);
        }
    }
}
