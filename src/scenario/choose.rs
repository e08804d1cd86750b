//! Which worlds are looked at: the values that matter of the parameters that matter, without explosion.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::template::{
    Assertion, Expression, ExpressionKind as K, PSEUDO_PARAMETERS, Parameter, Resource, ResourceId, Template,
    Use,
};

use super::{Scenario, Setting, evaluate, place_of_setting};

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
/// Up to how many variables a condition names that is answered once for all assignments which choose these alike.
const MAXIMUM_SIMPLE: usize = 2;
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
    /// What holds where nothing is varied: the assigned value, else the default, else anything.
    base: Vec<Setting<'t>>,
    /// Whether the value was assigned from outside, so that nobody else will choose another.
    assigned: Vec<bool>,
    variables: Vec<Variable<'t>>,
    /// Of each setting whether it is that of a variable.
    varied: Vec<bool>,
    worlds: Vec<World>,
}

/// A parameter whose value makes a difference.
#[derive(Debug)]
struct Variable<'t> {
    /// Index into the settings.
    parameter: usize,
    /// The first is what the template gets when nobody says otherwise.
    choices: Vec<Setting<'t>>,
}

/// All assignments under which the relevant conditions have the same truth.
#[derive(Debug)]
struct World {
    /// Of each variable the first choice found.
    choice: Vec<usize>,
    /// Of each variable all choices found, as bits.
    choices: Vec<u64>,
    truths: Vec<Option<bool>>,
    equations: Vec<(Rc<str>, bool)>,
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
        let names: Vec<&str> = names.chain(PSEUDO_PARAMETERS.iter().copied()).collect();
        let base = names.iter().enumerate().map(|(index, name)| match assigned.get(*name) {
            Some(value) => Setting::Is(value.clone().into()),
            None if kept.contains(*name) => Setting::Free,
            None => match template.parameters.get(index).and_then(|parameter| parameter.default.as_ref()) {
                Some(default) => Setting::Is(default.text.clone()),
                None => Setting::Free,
            },
        });
        let base: Vec<Setting<'t>> = base.collect();
        let assigned = names.iter().map(|name| assigned.contains_key(*name)).collect();
        let index = |resource: &Resource<'_>| {
            let condition = resource.condition.as_ref()?;
            template.find_condition(&condition.text).map(|(index, _)| index)
        };
        let varied = vec![false; base.len()];
        let mut scenarios = Self {
            template,
            uses: template.uses().into(),
            conditions: template.resources.iter().map(index).collect(),
            base,
            assigned,
            variables: Vec::new(),
            varied,
            worlds: Vec::new(),
        };
        let order = scenarios.order();
        let interest = Interest::of(template, relevant);
        let needed = scenarios.needed(&interest, &order);
        scenarios.variables = scenarios.variables_of(&interest, &needed);
        for variable in &scenarios.variables {
            scenarios.varied[variable.parameter] = true;
        }
        scenarios.enumerate(&interest, &needed, &order);
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
        let mut settings = self.base.clone();
        for (variable, (&choice, &choices)) in
            self.variables.iter().zip(world.choice.iter().zip(&world.choices))
        {
            let several = choices.count_ones() > 1;
            let free = several && (freed == Freed::All || freed == Freed::One(variable.parameter));
            settings[variable.parameter] =
                if free { Setting::Free } else { variable.choices[choice].clone() };
        }
        for (parameter, setting) in settings.iter_mut().enumerate() {
            if !self.varied[parameter]
                && !self.assigned[parameter]
                && (freed == Freed::All || freed == Freed::One(parameter))
            {
                *setting = Setting::Free;
            }
        }
        Scenario {
            template: self.template,
            uses: self.uses.clone(),
            conditions: self.conditions.clone(),
            settings,
            truths: world.truths.clone(),
            equations: world.equations.clone(),
            undecided: RefCell::default(),
            asked: Cell::default(),
            answers: OnceCell::new(),
        }
    }

    /// The scenarios in which a resource exists, in order.
    pub fn existing(&self, resource: ResourceId) -> Vec<usize> {
        let condition = self.conditions[resource.0 as usize];
        let exists = |index: &usize| {
            condition.is_none_or(|condition| self.worlds[*index].truths[condition] != Some(false))
        };
        (0..self.worlds.len()).filter(exists).collect()
    }

    /// The parameters of these resources whose values come from a default alone, by index and name.
    pub fn defaulted(&self, resources: &[&Resource<'t>]) -> Vec<(usize, &'m str)> {
        let mut found: Vec<(usize, &'m str)> = Vec::new();
        let mut note = |name: &str| {
            if let Some((index, parameter)) = self.template.find_parameter(name)
                && !self.assigned[index]
                && matches!(self.base[index], Setting::Is(_))
                && !found.iter().any(|(present, _)| *present == index)
            {
                found.push((index, parameter.name.text.as_ref()));
            }
        };
        for resource in resources {
            for member in &resource.properties {
                member.value.walk(&mut |expression| each_reference(expression, &mut note));
            }
        }
        found
    }

    /// The default of a parameter, for words.
    pub fn default_of(&self, parameter: usize) -> &str {
        match &self.base[parameter] {
            Setting::Is(text) => text,
            _ => "",
        }
    }

    /// In words, when the scenarios `holding` are the case among `all` (both sorted): "when `Environment` is `prod`".
    pub fn describe(&self, holding: &[usize], all: &[usize]) -> String {
        let others: Vec<usize> = all.iter().copied().filter(|index| !holding.contains(index)).collect();
        let bits = |indexes: &[usize], variable: usize| {
            indexes.iter().fold(0, |bits, &index| bits | self.worlds[index].choices[variable])
        };
        for variable in 0..self.variables.len() {
            let here = bits(holding, variable);
            if here & bits(&others, variable) == 0 {
                return format!("when {}", self.variable_is(variable, here));
            }
        }
        for (condition, member) in self.template.conditions.iter().enumerate() {
            for truth in [true, false] {
                let holds = |index: &usize| self.worlds[*index].truths[condition] == Some(truth);
                if holding.iter().all(holds) && !others.iter().any(holds) {
                    let verb = if truth { "holds" } else { "does not hold" };
                    return format!("when condition `{}` {verb}", member.key.text);
                }
            }
        }
        // Several variables together: those in which all holding scenarios agree, if that tells them apart.
        let mut parts = Vec::new();
        let mut left = others;
        for variable in 0..self.variables.len() {
            let here = bits(holding, variable);
            let before = left.len();
            left.retain(|&index| self.worlds[index].choices[variable] & here != 0);
            if left.len() < before {
                parts.push(self.variable_is(variable, here));
            }
        }
        if left.is_empty() && !parts.is_empty() && parts.len() <= 3 {
            return format!("when {}", parts.join(" and "));
        }
        let Some(&first) = holding.first() else { return String::new() };
        let settings: Vec<_> = (0..self.variables.len())
            .map(|variable| self.variable_is(variable, 1 << self.worlds[first].choice[variable]))
            .take(4)
            .collect();
        if settings.is_empty() {
            return "in some scenarios".to_owned();
        }
        format!("for example when {}", settings.join(" and "))
    }

    /// In words, what one scenario differs in from another: "`Environment` is `prod`". Empty where they are the same.
    pub fn difference(&self, index: usize, from: usize) -> String {
        let (here, there) = (&self.worlds[index], &self.worlds[from]);
        let others =
            (0..self.variables.len()).filter(|&variable| here.choice[variable] != there.choice[variable]);
        let parts: Vec<_> =
            others.map(|variable| self.variable_is(variable, 1 << here.choice[variable])).collect();
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
        let Variable { parameter, choices } = &self.variables[variable];
        let name = match self.template.parameters.get(*parameter) {
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

    /// Indexes of the conditions, each behind those that it refers to. Conditions in a circle are left out:
    /// their truth is not known.
    fn order(&self) -> Vec<usize> {
        let count = self.template.conditions.len();
        let uses: Vec<Vec<usize>> =
            (0..count).map(|index| self.conditions_in(&self.template.conditions[index].value)).collect();
        let mut waiting: Vec<usize> = uses.iter().map(Vec::len).collect();
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (user, used) in uses.iter().enumerate() {
            for &condition in used {
                dependents[condition].push(user);
            }
        }
        let mut order: Vec<usize> = (0..count).filter(|&index| waiting[index] == 0).collect();
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

    fn conditions_in(&self, expression: &Expression<'t>) -> Vec<usize> {
        let mut found = Vec::new();
        expression.walk(&mut |part| {
            if let K::Condition(name) | K::If { condition: name, .. } = &part.kind
                && let Some((index, _)) = self.template.find_condition(&name.text)
                && !found.contains(&index)
            {
                found.push(index);
            }
        });
        found
    }

    /// Of the conditions in their order those that the relevant ones rest on, directly or through others.
    fn needed(&self, interest: &Interest<'t>, order: &[usize]) -> Vec<usize> {
        let mut needed: FxHashSet<usize> = interest.conditions.iter().copied().collect();
        for &condition in order.iter().rev() {
            if needed.contains(&condition) {
                needed.extend(self.conditions_in(&self.template.conditions[condition].value));
            }
        }
        order.iter().copied().filter(|condition| needed.contains(condition)).collect()
    }

    fn variables_of(&self, interest: &Interest<'t>, needed: &[usize]) -> Vec<Variable<'t>> {
        if interest.conditions.is_empty() && interest.mapping_keys.is_empty() {
            return Vec::new();
        }
        let mut literals: BTreeMap<usize, Vec<Cow<'t, str>>> = BTreeMap::new();
        for &condition in needed {
            self.template.conditions[condition].value.walk(&mut |part| {
                if let K::Equals(one, other) | K::Contains(one, other) = &part.kind {
                    self.compared(one, other, &mut literals);
                    self.compared(other, one, &mut literals);
                }
            });
        }
        for (parameter, keys) in &interest.mapping_keys {
            literals.entry(*parameter).or_default().extend(keys.iter().cloned());
        }
        literals
            .into_iter()
            .filter_map(|(parameter, literals)| {
                self.variable(parameter, &literals, interest.mapping_keys.contains_key(&parameter))
            })
            .collect()
    }

    /// Notes what the parameters inside `one` are compared with.
    fn compared(
        &self,
        one: &Expression<'t>,
        other: &Expression<'t>,
        literals: &mut BTreeMap<usize, Vec<Cow<'t, str>>>,
    ) {
        one.walk(&mut |part| {
            each_reference(part, &mut |name| {
                let Some(parameter) = self.setting_index(name) else { return };
                let compared = literals.entry(parameter).or_default();
                match &other.kind {
                    // Behind a function only emptiness is recognised.
                    K::Text { text, .. } if matches!(one.kind, K::Ref(_)) || text.is_empty() => {
                        compared.push(text.clone());
                    }
                    K::List(items) => {
                        let texts = items.iter().filter_map(|item| match &item.kind {
                            K::Text { text, .. } => Some(text.clone()),
                            _ => None,
                        });
                        compared.extend(texts);
                    }
                    K::Ref(name) => {
                        if let Some(Setting::Is(text)) =
                            self.setting_index(&name.text).map(|index| &self.base[index])
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

    fn variable(&self, parameter: usize, literals: &[Cow<'t, str>], selects: bool) -> Option<Variable<'t>> {
        if self.assigned[parameter] {
            return None;
        }
        let allowed = self.template.parameters.get(parameter).map_or(&[][..], |parameter| &parameter.allowed);
        let mut texts: Vec<Cow<'t, str>> = Vec::new();
        if let Setting::Is(default) = &self.base[parameter] {
            texts.push(default.clone());
        }
        for literal in literals {
            let possible = allowed.is_empty() || allowed.iter().any(|allowed| allowed == literal);
            if possible && !texts.contains(literal) && texts.len() < 60 {
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
            _ => choices.push(Setting::Other(texts.into_iter().map(Cow::into_owned).collect())),
        }
        (choices.len() > 1).then_some(Variable { parameter, choices })
    }

    fn enumerate(&mut self, interest: &Interest<'t>, needed: &[usize], order: &[usize]) {
        let selects = |&place: &usize| interest.mapping_keys.contains_key(&self.variables[place].parameter);
        let selecting: Vec<usize> = (0..self.variables.len()).filter(selects).collect();
        // By the truths of the conditions that matter and the choices that select from mappings.
        let mut seen: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
        let mut worlds: Vec<World> = Vec::new();
        let plan = self.plan(needed);
        let choice = vec![0; self.variables.len()];
        let scenario = self.under(&choice, vec![None; self.template.conditions.len()], Vec::new());
        let refusing = vec![false; self.template.assertions.len()];
        let mut known = Known { choice, scenario, refusing, open: Open::new() };
        self.settle(&mut known, &plan, &|_, _| true);
        for choice in self.assignments(needed.len()) {
            self.vary(&mut known, &choice, &plan);
            self.decide(&known, &plan, &mut |Scenario { truths, equations, .. }| {
                let relevant = interest.conditions.iter().map(|&condition| code(truths[condition]));
                let selected = selecting.iter().map(|&variable| choice[variable] as u8);
                let bits = choice.iter().map(|&choice| 1 << choice);
                match seen.entry(relevant.chain(selected).collect()) {
                    Entry::Occupied(present) => {
                        let choices = &mut worlds[*present.get()].choices;
                        choices.iter_mut().zip(bits).for_each(|(all, bit)| *all |= bit);
                    }
                    Entry::Vacant(vacant) => {
                        vacant.insert(worlds.len());
                        worlds.push(World {
                            choices: bits.collect(),
                            choice: choice.clone(),
                            truths: truths.clone(),
                            equations: equations.clone(),
                        });
                    }
                }
            });
        }
        if worlds.is_empty() {
            // The assertions of the template exclude everything that was tried: look at the default all the same.
            let choice = vec![0; self.variables.len()];
            let truths = vec![None; self.template.conditions.len()];
            let truths = self.settled(needed, &choice, truths, Vec::new());
            worlds.push(World { choices: vec![1; choice.len()], choice, truths, equations: Vec::new() });
        }
        if worlds.len() > MAXIMUM_SCENARIOS {
            worlds = covering(worlds, &interest.conditions);
        }
        let mut found = needed.iter().peekable();
        let others: Vec<usize> =
            order.iter().copied().filter(|condition| found.next_if_eq(&condition).is_none()).collect();
        if !others.is_empty() {
            for World { choice, truths, equations, .. } in &mut worlds {
                *truths = self.settled(&others, choice, std::mem::take(truths), equations.clone());
            }
        }
        self.worlds = worlds;
    }

    /// Assignments of the variables, the default first: all of them, or where that is too many the default with one
    /// and with two variables changed. Where even these are too many, some that show any two variables unchanged, each
    /// of them changed and both of them changed come before.
    fn assignments(&self, conditions: usize) -> Vec<Vec<usize>> {
        let sizes: Vec<usize> = self.variables.iter().map(|variable| variable.choices.len()).collect();
        let start = vec![0; sizes.len()];
        let each = sizes.len() + conditions;
        let most = (MAXIMUM_WORK / each.max(1)).clamp(MAXIMUM_SCENARIOS, MAXIMUM_ASSIGNMENTS);
        let product = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let mut result = vec![start.clone()];
        if product.is_some_and(|product| product <= most) {
            let mut present = start;
            loop {
                let Some(place) = (0..sizes.len()).rev().find(|&place| present[place] + 1 < sizes[place])
                else {
                    return result;
                };
                present[place] += 1;
                present[place + 1..].fill(0);
                result.push(present.clone());
            }
        }
        let changes: Vec<(usize, usize)> = sizes
            .iter()
            .enumerate()
            .flat_map(|(variable, &size)| (1..size).map(move |choice| (variable, choice)))
            .collect();
        if changes.len() * (changes.len() + 1) / 2 >= most {
            result.push(vec![1; sizes.len()]);
            // Two numbers differ in some bit.
            for bit in 0..usize::BITS - sizes.len().leading_zeros() {
                for wanted in [1, 0] {
                    result.push(
                        (0..sizes.len()).map(|variable| usize::from(variable >> bit & 1 == wanted)).collect(),
                    );
                }
            }
        }
        for (index, &(variable, choice)) in changes.iter().enumerate() {
            if result.len() >= most {
                return result;
            }
            let mut one = start.clone();
            one[variable] = choice;
            result.push(one.clone());
            for &(other, choice) in changes[index + 1..].iter().filter(|(other, _)| *other != variable) {
                if result.len() >= most {
                    return result;
                }
                let mut two = one.clone();
                two[other] = choice;
                result.push(two);
            }
        }
        result
    }

    /// These conditions with what each of them names, and what the assertions of the template name.
    fn plan<'p>(&self, conditions: &'p [usize]) -> Plan<'p> {
        let mut variables = vec![None; self.base.len()];
        for (index, variable) in self.variables.iter().enumerate() {
            variables[variable.parameter] = Some(index);
        }
        let inputs = |expressions: &mut dyn Iterator<Item = &Expression<'t>>| {
            let mut inputs = Inputs { variables: Vec::new(), conditions: Vec::new() };
            for expression in expressions {
                expression.walk(&mut |part| {
                    each_reference(part, &mut |name| {
                        let variable = self.setting_index(name).and_then(|index| variables[index]);
                        inputs.variables.extend(variable);
                    });
                });
                inputs.conditions.extend(self.conditions_in(expression));
            }
            inputs.variables.sort_unstable();
            inputs.variables.dedup();
            inputs
        };
        let of_condition =
            |&condition: &usize| inputs(&mut std::iter::once(&self.template.conditions[condition].value));
        let of_assertion =
            |assertion: &Assertion<'t>| inputs(&mut assertion.condition.iter().chain(&assertion.asserts));
        let of_conditions = conditions.iter().map(of_condition);
        let inputs = of_conditions.chain(self.template.assertions.iter().map(of_assertion)).collect();
        Plan { conditions, inputs, simple: RefCell::default() }
    }

    /// Goes on to another assignment. What is known of the one before saves most of the work, for neighbours differ in
    /// one or two variables.
    fn vary(&self, known: &mut Known<'m, 't>, choice: &[usize], plan: &Plan<'_>) {
        let before = std::mem::replace(&mut known.choice, choice.to_vec());
        for (variable, (&choice, &before)) in self.variables.iter().zip(choice.iter().zip(&before)) {
            if choice != before {
                known.scenario.settings[variable.parameter] = variable.choices[choice].clone();
            }
        }
        self.settle(known, plan, &|_, inputs| inputs.variables.iter().any(|&it| choice[it] != before[it]));
    }

    /// Tells the worlds of what is known that the template allows: one for each way to decide the equations that
    /// conditions leave open.
    fn decide(&self, known: &Known<'m, 't>, plan: &Plan<'_>, tell: &mut dyn FnMut(&Scenario<'m, 't>)) {
        let Known { choice, scenario, refusing, open } = known;
        match open.range(..plan.conditions.len()).flat_map(|(_, equations)| equations).next() {
            Some(equation) if scenario.equations.len() < MAXIMUM_EQUATIONS => {
                for truth in [false, true] {
                    let mut equations = scenario.equations.clone();
                    equations.push((equation.clone(), truth));
                    let mut assumed = Known {
                        choice: choice.clone(),
                        scenario: self.under(choice, scenario.truths.clone(), equations),
                        refusing: refusing.clone(),
                        open: open.clone(),
                    };
                    self.settle(&mut assumed, plan, &|place, _| {
                        open.get(&place).is_some_and(|open| open.contains(equation))
                    });
                    self.decide(&assumed, plan, tell);
                }
            }
            _ if refusing.contains(&true) => {}
            _ => tell(scenario),
        }
    }

    /// Finds the truth of the conditions that differ from what is known already, whether each assertion refuses the
    /// world, and the equations that they leave open: those of which `differs` says so, and those that rest on a condition
    /// that has changed.
    fn settle(&self, known: &mut Known<'m, 't>, plan: &Plan<'_>, differs: &dyn Fn(usize, &Inputs) -> bool) {
        let Known { choice, scenario, refusing, open } = known;
        let mut changed = vec![false; scenario.truths.len()];
        for (place, inputs) in plan.inputs.iter().enumerate() {
            if !differs(place, inputs) && !inputs.conditions.iter().any(|&it| changed[it]) {
                continue;
            }
            let (truth, undecided) = if inputs.is_simple() {
                let chosen = inputs.variables.iter().map(|&variable| choice[variable]).collect();
                let asked = (place, chosen, scenario.equations.clone());
                let mut simple = plan.simple.borrow_mut();
                simple.entry(asked).or_insert_with(|| self.answer(scenario, plan, place)).clone()
            } else {
                self.answer(scenario, plan, place)
            };
            if let Some(&condition) = plan.conditions.get(place) {
                changed[condition] = truth != scenario.truths[condition];
                scenario.truths[condition] = truth;
            } else {
                refusing[place - plan.conditions.len()] = truth == Some(true);
            }
            if undecided.is_empty() {
                open.remove(&place);
            } else {
                open.insert(place, undecided);
            }
        }
    }

    /// The truth of a condition, or whether an assertion refuses the world, and the equations met that are not decided.
    fn answer(&self, scenario: &Scenario<'m, 't>, plan: &Plan<'_>, place: usize) -> Answer {
        let truth = match plan.conditions.get(place) {
            Some(&condition) => self.truth(scenario, condition),
            None => Some(refuses(&self.template.assertions[place - plan.conditions.len()], scenario)),
        };
        (truth, scenario.undecided.take())
    }

    /// Adds the truths of these conditions, each behind those that it refers to, to those that are known.
    fn settled(
        &self,
        conditions: &[usize],
        choice: &[usize],
        truths: Vec<Option<bool>>,
        equations: Vec<(Rc<str>, bool)>,
    ) -> Vec<Option<bool>> {
        let mut scenario = self.under(choice, truths, equations);
        for &condition in conditions {
            scenario.truths[condition] = self.truth(&scenario, condition);
        }
        scenario.truths
    }

    fn truth(&self, scenario: &Scenario<'m, 't>, condition: usize) -> Option<bool> {
        evaluate::truth(scenario, &self.template.conditions[condition].value, 0)
    }

    /// A scenario of which only conditions matter.
    fn under(
        &self,
        choice: &[usize],
        truths: Vec<Option<bool>>,
        equations: Vec<(Rc<str>, bool)>,
    ) -> Scenario<'m, 't> {
        let mut settings = self.base.clone();
        for (variable, &choice) in self.variables.iter().zip(choice) {
            settings[variable.parameter] = variable.choices[choice].clone();
        }
        Scenario {
            template: self.template,
            uses: self.uses.clone(),
            conditions: self.conditions.clone(),
            settings,
            truths,
            equations,
            undecided: RefCell::default(),
            asked: Cell::default(),
            answers: OnceCell::new(),
        }
    }
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
    let mut adds = |world: &World| {
        let mut adds = false;
        for (index, &one) in conditions.iter().enumerate() {
            let row = (3 * index + usize::from(code(world.truths[one]))) * width;
            for (distance, &other) in conditions[index..].iter().take(reach).enumerate() {
                let place = row + 3 * distance + usize::from(code(world.truths[other]));
                adds |= !std::mem::replace(&mut seen[place], true);
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
fn each_reference(expression: &Expression<'_>, note: &mut dyn FnMut(&str)) {
    match &expression.kind {
        K::Ref(name) => note(&name.text),
        K::Sub { parts, .. } => {
            for part in parts {
                if let crate::template::SubPartKind::Variable(name) = &part.kind {
                    note(name);
                }
            }
        }
        _ => {}
    }
}

/// What is found for each assignment, in this order.
struct Plan<'p> {
    /// Indexes of conditions, each behind those that it refers to. Behind them come the assertions of the template.
    conditions: &'p [usize],
    /// What each of these conditions and assertions names.
    inputs: Vec<Inputs>,
    simple: RefCell<FxHashMap<Simple, Answer>>,
}

/// What the answer of a simple condition or assertion rests on: its place, the choices of the variables that it names,
/// and the equations assumed. Most assignments differ in other variables.
type Simple = (usize, Vec<usize>, Vec<(Rc<str>, bool)>);

/// A truth, with the equations that it leaves open.
type Answer = (Option<bool>, Vec<Rc<str>>);

/// What a condition or an assertion names.
struct Inputs {
    /// Indexes of variables.
    variables: Vec<usize>,
    /// Indexes of conditions.
    conditions: Vec<usize>,
}

impl Inputs {
    /// Whether the same variables are chosen alike again and again: there are few of them, and no conditions.
    fn is_simple(&self) -> bool {
        self.variables.len() <= MAXIMUM_SIMPLE && self.conditions.is_empty()
    }
}

/// What an assignment makes of the conditions, with the equations assumed so far.
struct Known<'m, 't> {
    choice: Vec<usize>,
    scenario: Scenario<'m, 't>,
    /// Of each assertion whether it refuses this world.
    refusing: Vec<bool>,
    open: Open,
}

/// The equations that conditions and assertions leave open, by their places in the plan.
type Open = BTreeMap<usize, Vec<Rc<str>>>;

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
            let members = resource.properties.iter();
            for member in members.filter(|member| !IRRELEVANT_PROPERTIES.contains(&member.key.text.as_ref()))
            {
                member.value.walk(&mut |part| match &part.kind {
                    K::If { condition, .. } => interest.condition(template, &condition.text),
                    K::FindInMap { map, first, .. } => interest.mapping(template, map, first),
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
        let keys = mapping.value.members();
        if keys.len() <= MAXIMUM_MAPPING_KEYS && !parameter.is_indirect() {
            let keys = keys.iter().map(|member| member.key.text.clone());
            self.mapping_keys.entry(index).or_default().extend(keys);
        }
    }
}
