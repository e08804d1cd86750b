//! The value of an expression in one scenario.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use crate::template::{
    Expression, ExpressionId, ExpressionKind as K, Member, Members, NO_VALUE, PSEUDO_PARAMETERS, SubPart,
    SubPartKind, SubParts, Template,
};
use crate::text::Span;

use super::{
    Data, Field, Piece, Reference, Scenario, Setting, Symbol, Unknown, Value, no_texts, place_of_setting,
    same,
};

/// How deep values may refer to each other before they count as unknown; a template that goes deeper is circular.
const MAXIMUM_DEPTH: usize = 300;

/// How a text begins that is resolved at deployment: equal to itself and nothing else is known.
const DYNAMIC_REFERENCE: &str = "{{resolve:";

/// The only pseudo parameter that is a list.
const LIST_OF_STACK: &str = "AWS::NotificationARNs";

/// `None` stands for `AWS::NoValue`.
pub(super) fn evaluate<'t>(
    scenario: &Scenario<'_, 't>,
    expression: &Expression<'t>,
    depth: usize,
) -> Option<Value<'t>> {
    let span = expression.span;
    if depth > MAXIMUM_DEPTH {
        return Some(Value { span, data: Data::Unknown(Unknown::Function) });
    }
    let template = scenario.template;
    let inner = |expression: &Expression<'t>| evaluate(scenario, expression, depth + 1);
    let at = |id: &ExpressionId| inner(template.expression(*id));
    let data = match &expression.kind {
        K::Null => Data::Unknown(Unknown::Null),
        K::Text { text, .. } if is_dynamic(text) => Data::Symbol(Symbol::new(text.clone(), false)),
        K::Text { text, .. } => Data::Text(text.clone()),
        K::List(items) => {
            let items = template.items(*items);
            let mut values = Vec::with_capacity(items.len());
            values.extend(items.iter().filter_map(inner));
            list(values)
        }
        K::Map(members) => {
            let members = template.members(*members);
            let mut fields = Vec::with_capacity(members.len());
            fields.extend(members.iter().filter_map(|member| {
                inner(&member.value).map(|value| Field { key: member.key.clone(), value })
            }));
            Data::Map(fields)
        }
        K::Ref(name) => return reference(scenario, &name.text, span),
        K::GetAtt { resource, attribute } => match at(attribute) {
            Some(Value { data: Data::Text(attribute), .. }) => {
                get_att(scenario, &resource.text, attribute, depth)
            }
            _ => Data::Unknown(Unknown::Function),
        },
        K::Sub { parts, variables } => Assembly::of(sub(scenario, *parts, *variables, depth)),
        K::Join { delimiter, items } => match &template.expression(*items).kind {
            K::List(items) if depth < MAXIMUM_DEPTH => {
                join_items(scenario, delimiter, template.items(*items), span, depth + 2)
            }
            _ => join(delimiter, at(items), span),
        },
        K::Select { index, items } => select(at(index), at(items)),
        K::Split { delimiter, text } => split(delimiter, at(text), span),
        K::FindInMap { map, first, second, default } => {
            return find_in_map(
                scenario,
                [at(map), at(first), at(second)],
                default.map(|default| template.expression(default)),
                span,
                depth,
            );
        }
        K::GetAZs(region) => {
            let region = at(region).filter(|region| region.text() != Some(""));
            let region = region.as_ref().and_then(Value::canonical);
            let region = region.as_deref().or_else(|| scenario.pseudo("AWS::Region"));
            Data::Symbol(Symbol::new(["GetAZs(", region.unwrap_or("<AWS::Region>"), ")"].concat(), true))
        }
        K::Cidr { block, count, bits } => {
            cidr(at(block), at(count), bits.as_ref().and_then(at).as_ref(), span)
        }
        K::Base64(inside) | K::ToJsonString(inside) => {
            return at(inside).map(|value| Value { span, ..value });
        }
        K::ImportValue(name) => wrapped(format_args!("Import"), at(name), false),
        K::If { condition, then, otherwise } => {
            return match scenario.holds(&condition.text) {
                Some(true) => at(then),
                Some(false) => at(otherwise),
                None => Some(Value { span, data: Data::Unknown(Unknown::Dangling) }),
            };
        }
        K::Length(items) => match at(items) {
            Some(Value { data: Data::List(items), .. }) => Data::Text(Cow::Owned(items.len().to_string())),
            other => wrapped(format_args!("Length"), other, false),
        },
        K::And(_) | K::Or(_) | K::Not(_) | K::Equals(..) | K::Condition(_) | K::Contains(..) => {
            match truth(scenario, expression, depth) {
                Some(truth) => Data::Text(Cow::Borrowed(if truth { "true" } else { "false" })),
                None => Data::Unknown(Unknown::Function),
            }
        }
        K::Transform => Data::Unknown(Unknown::Macro),
        K::Other(_) => Data::Unknown(Unknown::Function),
    };
    Some(Value { span, data })
}

/// Whether a text is resolved at deployment.
fn is_dynamic(text: &str) -> bool {
    text.starts_with(DYNAMIC_REFERENCE)
}

/// Whether a value is a list, of known length or not.
fn is_list(value: &Value<'_>) -> bool {
    match &value.data {
        Data::List(_) => true,
        Data::Symbol(symbol) => symbol.list,
        _ => false,
    }
}

/// A list in which an item that is itself a list of unknown length makes the length unknown.
fn list(items: Vec<Value<'_>>) -> Data<'_> {
    if items.iter().any(|item| matches!(&item.data, Data::Symbol(symbol) if symbol.list)) {
        // `[!Ref ListParameter]` is what people write for a list that is one already.
        if let [Value { data: Data::Symbol(symbol), .. }] = items.as_slice() {
            return Data::Symbol(symbol.clone());
        }
    }
    if let [Value { data: Data::List(_), .. }] = items.as_slice() {
        let mut items = items;
        if let Some(Value { data, .. }) = items.pop() {
            return data;
        }
        return Data::List(items);
    }
    Data::List(items)
}

fn reference<'t>(scenario: &Scenario<'_, 't>, name: &str, span: Span) -> Option<Value<'t>> {
    if name == NO_VALUE {
        return None;
    }
    let template = scenario.template;
    let data = if let Some(index) = place_of_setting(template, name) {
        let setting = scenario.setting(index);
        if let Some(parameter) = template.parameters.get(index) {
            let (list, indirect) = (parameter.is_list(), parameter.is_indirect());
            set(setting, parameter.name.text.clone(), list, indirect, span)
        } else {
            let name = PSEUDO_PARAMETERS[index - template.parameters.len()];
            set(setting, name.into(), name == LIST_OF_STACK, false, span)
        }
    } else if let Some(resource) = template.find_resource(name) {
        Data::Reference(Reference { resource, attribute: None })
    } else {
        Data::Unknown(Unknown::Dangling)
    };
    Some(Value { span, data })
}

/// What a parameter or pseudo parameter is where it has this setting.
fn set<'t>(setting: &Setting<'t>, name: Cow<'t, str>, list: bool, indirect: bool, span: Span) -> Data<'t> {
    match setting {
        Setting::Is(_) if indirect => Data::Symbol(Symbol::new(name, list)),
        Setting::Is(text) if list && text.is_empty() => Data::Symbol(Symbol::new(name, true)),
        Setting::Is(text) if list => {
            let item = |item: &str| Value { span, data: Data::Text(Cow::Owned(item.trim().to_owned())) };
            Data::List(text.split(',').map(item).collect())
        }
        Setting::Is(text) => Data::Text(text.clone()),
        Setting::Other(excluded) => {
            Data::Symbol(Symbol { excluded: excluded.clone(), ..Symbol::new(name, list) })
        }
        Setting::Free => Data::Symbol(Symbol::new(name, list)),
    }
}

fn get_att<'t>(scenario: &Scenario<'_, 't>, name: &str, attribute: Cow<'t, str>, depth: usize) -> Data<'t> {
    let Some(resource) = scenario.template.find_resource(name) else {
        return Data::Unknown(Unknown::Dangling);
    };
    if repeats_property(&scenario.template.resource(resource).kind.text, &attribute)
        && let Some(expression) = scenario.template.property(resource, &attribute)
        && let Some(value) = evaluate(scenario, expression, depth + 1)
        && !value.is_unknown()
    {
        return value.data;
    }
    Data::Reference(Reference { resource, attribute: Some(attribute) })
}

/// Whether an attribute of a resource of this type only repeats a property of it.
fn repeats_property(kind: &str, attribute: &str) -> bool {
    matches!(
        (kind, attribute),
        ("AWS::EC2::VPC", "CidrBlock")
            | ("AWS::EC2::Subnet", "CidrBlock" | "AvailabilityZone" | "VpcId")
            | ("AWS::EC2::SecurityGroup" | "AWS::EC2::NetworkInterface", "VpcId")
    )
}

fn sub<'t>(
    scenario: &Scenario<'_, 't>,
    parts: SubParts,
    variables: Members,
    depth: usize,
) -> impl Iterator<Item = Piece<'t>> {
    let template = scenario.template;
    let variables = template.members(variables);
    let piece = move |part: &SubPart<'t>| {
        let data = match &part.kind {
            SubPartKind::Literal(text) => Data::Text(text.clone()),
            SubPartKind::Variable(name) => match variables.iter().find(|variable| variable.key.text == *name)
            {
                Some(variable) => value_or_nothing(evaluate(scenario, &variable.value, depth + 1)),
                None => value_or_nothing(reference(scenario, name, part.span)),
            },
            SubPartKind::Attribute(resource, attribute) => {
                let is_it = |variable: &&Member<'_>| {
                    let rest = variable.key.text.strip_prefix(resource.as_ref());
                    rest.and_then(|rest| rest.strip_prefix('.')) == Some(attribute.as_ref())
                };
                match variables.iter().find(is_it) {
                    Some(variable) => value_or_nothing(evaluate(scenario, &variable.value, depth + 1)),
                    None => get_att(scenario, resource, attribute.clone(), depth),
                }
            }
        };
        Piece { span: part.span, data }
    };
    template.parts(parts).iter().map(piece)
}

/// The text of an expression in the pieces in which it is written.
pub(super) fn pieces<'t>(
    scenario: &Scenario<'_, 't>,
    expression: &Expression<'t>,
    depth: usize,
) -> Vec<Piece<'t>> {
    let template = scenario.template;
    let at = |id: &ExpressionId| pieces(scenario, template.expression(*id), depth + 1);
    match &expression.kind {
        K::Sub { parts, variables } if depth <= MAXIMUM_DEPTH => {
            sub(scenario, *parts, *variables, depth).collect()
        }
        K::If { condition, then, otherwise } if depth <= MAXIMUM_DEPTH => {
            match scenario.holds(&condition.text) {
                Some(true) => at(then),
                Some(false) => at(otherwise),
                None => vec![Piece { span: expression.span, data: Data::Unknown(Unknown::Dangling) }],
            }
        }
        K::Join { delimiter, items }
            if depth <= MAXIMUM_DEPTH && !template.expression(*items).items(template).is_empty() =>
        {
            let mut result = Vec::new();
            for item in template.expression(*items).items(template) {
                let item = pieces(scenario, item, depth + 1);
                if !result.is_empty() && !item.is_empty() {
                    result.push(Piece { span: expression.span, data: Data::Text(delimiter.clone()) });
                }
                result.extend(item);
            }
            result
        }
        _ => match evaluate(scenario, expression, depth + 1) {
            Some(Value { data: Data::Pieces(pieces), .. }) => pieces,
            Some(Value { data: Data::List(_) | Data::Map(_), span }) => {
                vec![Piece { span, data: Data::Unknown(Unknown::Function) }]
            }
            Some(value) => vec![Piece { span: value.span, data: value.data }],
            None => Vec::new(),
        },
    }
}

fn value_or_nothing(value: Option<Value<'_>>) -> Data<'_> {
    value.map_or(Data::Text(Cow::Borrowed("")), |value| value.data)
}

/// One text from pieces: known neighbours are joined, nested pieces are flattened, one piece is itself.
#[derive(Default)]
struct Assembly<'t> {
    pieces: Vec<Piece<'t>>,
    /// The piece behind these, to which more known text may be joined. Most texts are known whole.
    last: Option<Piece<'t>>,
}

impl<'t> Assembly<'t> {
    fn of(pieces: impl Iterator<Item = Piece<'t>>) -> Data<'t> {
        let mut assembly = Self::default();
        pieces.for_each(|piece| assembly.push(piece));
        assembly.finish()
    }

    fn push(&mut self, Piece { span, data }: Piece<'t>) {
        match data {
            Data::Text(text) if self.goes_on(span, &text) => {}
            Data::Pieces(inner) => inner.into_iter().for_each(|piece| self.push(piece)),
            // The text is as little known as how a list reads in it.
            Data::List(_) | Data::Map(_) => {
                self.end_with(Piece { span, data: Data::Unknown(Unknown::Function) });
            }
            data => self.end_with(Piece { span, data }),
        }
    }

    /// Joins a text to that before, if there is one.
    fn goes_on(&mut self, span: Span, text: &str) -> bool {
        let Some(Piece { data: Data::Text(before), span: whole }) = &mut self.last else { return false };
        if let Cow::Borrowed(known) = before {
            // More will follow, most often.
            let mut room = String::with_capacity(2 * (known.len() + text.len()));
            room.push_str(known);
            *before = Cow::Owned(room);
        }
        before.to_mut().push_str(text);
        *whole = whole.to(span);
        true
    }

    /// Adds a text, which is copied at most once.
    #[expect(clippy::ptr_arg, reason = "what borrows from the template goes on to do so")]
    fn add_text(&mut self, span: Span, text: &Cow<'t, str>) {
        if !self.goes_on(span, text) {
            self.end_with(Piece { span, data: Data::Text(text.clone()) });
        }
    }

    fn end_with(&mut self, piece: Piece<'t>) {
        self.pieces.extend(self.last.replace(piece).filter(Piece::is_something));
    }

    fn finish(mut self) -> Data<'t> {
        let last = self.last.filter(Piece::is_something);
        if self.pieces.is_empty() {
            return last.map_or(Data::Text(Cow::Borrowed("")), |piece| piece.data);
        }
        self.pieces.extend(last);
        match self.pieces.len() {
            1 => self.pieces.remove(0).data,
            _ => Data::Pieces(self.pieces),
        }
    }
}

impl Piece<'_> {
    fn is_something(&self) -> bool {
        !matches!(&self.data, Data::Text(text) if text.is_empty())
    }
}

/// Joins items that are written one by one, without a list of their values.
fn join_items<'t>(
    scenario: &Scenario<'_, 't>,
    delimiter: &Cow<'t, str>,
    items: &[Expression<'t>],
    span: Span,
    depth: usize,
) -> Data<'t> {
    let mut assembly = Assembly::default();
    let mut count = 0;
    let mut first_list = None;
    for item in items {
        let (literal, value) = match &item.kind {
            K::Text { text, .. } if !is_dynamic(text) => (Some(text), None),
            _ => (None, evaluate(scenario, item, depth)),
        };
        if literal.is_none() && value.is_none() {
            continue;
        }
        if count > 0 && !delimiter.is_empty() {
            assembly.add_text(span, delimiter);
        }
        count += 1;
        if let Some(text) = literal {
            assembly.add_text(item.span, text);
        } else if let Some(value) = value {
            if count == 1 && is_list(&value) {
                first_list = Some(value.clone());
            }
            assembly.push(Piece { span: value.span, data: value.data });
        }
    }
    match first_list {
        // Alone, a list is the list of items.
        Some(items) if count == 1 => join(delimiter, Some(Value { span, data: list(vec![items]) }), span),
        _ => assembly.finish(),
    }
}

fn join<'t>(delimiter: &Cow<'t, str>, items: Option<Value<'t>>, span: Span) -> Data<'t> {
    let Some(items) = items else { return Data::Unknown(Unknown::Function) };
    match items.data {
        Data::List(items) => {
            let mut assembly = Assembly::default();
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 && !delimiter.is_empty() {
                    assembly.add_text(span, delimiter);
                }
                assembly.push(Piece { span: item.span, data: item.data });
            }
            assembly.finish()
        }
        Data::Symbol(symbol) => {
            // `!Equals [!Join ['', !Ref List], '']` asks whether the list was given.
            let given = symbol.excluded.iter().any(String::is_empty);
            let excluded = if given { symbol.excluded.clone() } else { no_texts() };
            Data::Symbol(Symbol {
                excluded,
                ..Symbol::new(format!("Join({delimiter:?},{})", symbol.key), false)
            })
        }
        Data::Unknown(unknown) => Data::Unknown(unknown),
        other => other,
    }
}

fn select<'t>(index: Option<Value<'t>>, items: Option<Value<'t>>) -> Data<'t> {
    let (Some(index), Some(items)) = (index, items) else { return Data::Unknown(Unknown::Function) };
    match (index.integer().and_then(|index| usize::try_from(index).ok()), items.data) {
        (Some(index), Data::List(mut items)) if index < items.len() => items.swap_remove(index).data,
        (_, Data::Symbol(symbol)) => match index.canonical() {
            Some(index) => {
                Data::Symbol(Symbol::new(["Select(", &index, ",", &symbol.key, ")"].concat(), false))
            }
            None => Data::Unknown(Unknown::Function),
        },
        _ => Data::Unknown(Unknown::Function),
    }
}

fn split<'t>(delimiter: &Cow<'t, str>, text: Option<Value<'t>>, span: Span) -> Data<'t> {
    let Some(text) = text else { return Data::Unknown(Unknown::Function) };
    match &text.data {
        Data::Text(whole) if !delimiter.is_empty() => Data::List(
            whole
                .split(delimiter.as_ref())
                .map(|part| Value { span, data: Data::Text(Cow::Owned(part.to_owned())) })
                .collect(),
        ),
        _ => wrapped(format_args!("Split({delimiter:?})"), Some(text), true),
    }
}

/// The symbol `function(value)`, if the value equals itself.
fn wrapped<'t>(function: fmt::Arguments<'_>, value: Option<Value<'t>>, list: bool) -> Data<'t> {
    let mut key = format!("{function}(");
    match value.and_then(|value| value.data.spell(&mut key)) {
        Some(()) => {
            key.push(')');
            Data::Symbol(Symbol::new(key, list))
        }
        None => Data::Unknown(Unknown::Function),
    }
}

fn find_in_map<'t>(
    scenario: &Scenario<'_, 't>,
    keys: [Option<Value<'t>>; 3],
    default: Option<&Expression<'t>>,
    span: Span,
    depth: usize,
) -> Option<Value<'t>> {
    let unknown = Some(Value { span, data: Data::Unknown(Unknown::Dangling) });
    let [Some(map), Some(first), Some(second)] = keys else { return unknown };
    let found =
        map.text().and_then(|name| scenario.template.mappings.iter().find(|member| member.key.text == name));
    let Some(mapping) = found else { return unknown };
    let mut candidates = mapping
        .value
        .members(scenario.template)
        .iter()
        .filter(|member| same(&first, &text(&member.key.text)) != Some(false))
        .flat_map(|member| member.value.members(scenario.template))
        .filter(|member| same(&second, &text(&member.key.text)) != Some(false))
        .map(|member| &member.value);
    let Some(one) = candidates.next() else {
        return match default {
            Some(default) => evaluate(scenario, default, depth + 1).map(|value| Value { span, ..value }),
            None => unknown,
        };
    };
    let one = evaluate(scenario, one, depth + 1)?;
    let exact = first.text().is_some() && second.text().is_some();
    if exact || candidates.all(|other| equal_literals(scenario.template, &one, other)) {
        return Some(Value { span, ..one });
    }
    let list = matches!(one.data, Data::List(_));
    let mut key = format!("FindInMap({},", mapping.key.text);
    first.data.spell(&mut key)?;
    key.push(',');
    second.data.spell(&mut key)?;
    key.push(')');
    Some(Value { span, data: Data::Symbol(Symbol::new(key, list)) })
}

fn text(text: &str) -> Value<'_> {
    Value { span: Span::default(), data: Data::Text(Cow::Borrowed(text)) }
}

fn equal_literals(template: &Template<'_>, one: &Value<'_>, other: &Expression<'_>) -> bool {
    match (&one.data, &other.kind) {
        (Data::Text(one), K::Text { text, .. }) => one == text,
        (Data::List(one), K::List(other)) => {
            let other = template.items(*other);
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| equal_literals(template, one, other))
        }
        _ => false,
    }
}

/// `Fn::Cidr` computes where the block is known
/// (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>).
fn cidr<'t>(
    block: Option<Value<'t>>,
    count: Option<Value<'t>>,
    bits: Option<&Value<'t>>,
    span: Span,
) -> Data<'t> {
    let (Some(block), Some(count)) = (block, count) else { return Data::Unknown(Unknown::Function) };
    if let (Some(net), Some(count), Some(bits)) = (
        block.text().and_then(|text| text.parse::<Ipv4Net>().ok()),
        count.integer(),
        bits.and_then(Value::integer),
    ) && (1..=32).contains(&bits)
        && (1..=256).contains(&count)
    {
        let size = 1u64 << bits;
        let first = u64::from(u32::from(net.network()));
        let items = (0..count.unsigned_abs()).filter_map(|index| {
            let start = u32::try_from(first + index * size).ok()?;
            Some(format!("{}/{}", Ipv4Addr::from(start), 32 - bits))
        });
        return Data::List(items.map(|item| Value { span, data: Data::Text(Cow::Owned(item)) }).collect());
    }
    let bits = bits.and_then(Value::canonical).unwrap_or_default();
    match (block.canonical(), count.canonical()) {
        (Some(block), Some(count)) => {
            Data::Symbol(Symbol::new(format!("Cidr({block},{count},{bits})"), true))
        }
        _ => Data::Unknown(Unknown::Function),
    }
}

/// The truth of a condition function; `None` where it is not known.
pub(super) fn truth<'t>(
    scenario: &Scenario<'_, 't>,
    expression: &Expression<'t>,
    depth: usize,
) -> Option<bool> {
    if depth > MAXIMUM_DEPTH {
        return None;
    }
    let template = scenario.template;
    let inner = |expression: &Expression<'t>| truth(scenario, expression, depth + 1);
    match &expression.kind {
        K::And(items) => all(template.items(*items).iter().map(inner)),
        K::Or(items) => {
            let items = template.items(*items).iter();
            all(items.map(|item| inner(item).map(|truth| !truth))).map(|truth| !truth)
        }
        K::Not(item) => inner(template.expression(*item)).map(|truth| !truth),
        K::Condition(name) => scenario.holds(&name.text),
        K::Equals(one, other) => {
            equals(scenario, template.expression(*one), template.expression(*other), depth)
        }
        K::Contains(items, item) => {
            contains(scenario, template.expression(*items), template.expression(*item), depth)
        }
        K::Text { text, .. } => match text.as_ref() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// Three-valued conjunction.
fn all(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

fn equals<'t>(
    scenario: &Scenario<'_, 't>,
    one: &Expression<'t>,
    other: &Expression<'t>,
    depth: usize,
) -> Option<bool> {
    if let (Some(one), Some(other)) = (known_text(scenario, one), known_text(scenario, other)) {
        return Some(one == other);
    }
    if is_excluded(scenario, one, other) || is_excluded(scenario, other, one) {
        return Some(false);
    }
    let one = evaluate(scenario, one, depth + 1)?;
    let other = evaluate(scenario, other, depth + 1)?;
    same(&one, &other).or_else(|| scenario.assumed(&one, &other))
}

fn contains<'t>(
    scenario: &Scenario<'_, 't>,
    items: &Expression<'t>,
    item: &Expression<'t>,
    depth: usize,
) -> Option<bool> {
    if let (K::List(items), Some(item)) = (&items.kind, known_text(scenario, item)) {
        let items = scenario.template.items(*items);
        let known: Option<Vec<&str>> = items.iter().map(|one| known_text(scenario, one)).collect();
        if let Some(known) = known {
            return Some(known.contains(&item));
        }
    }
    let (items, item) = (evaluate(scenario, items, depth + 1)?, evaluate(scenario, item, depth + 1)?);
    all(items.items()?.iter().map(|one| same(one, &item).map(|truth| !truth))).map(|truth| !truth)
}

/// Whether one is a parameter that is known to be anything but the literal text of the other.
fn is_excluded(scenario: &Scenario<'_, '_>, one: &Expression<'_>, other: &Expression<'_>) -> bool {
    match (&one.kind, &other.kind) {
        (K::Ref(name), K::Text { text, .. }) => match text_setting(scenario, &name.text) {
            Some(Setting::Other(excluded)) => excluded.iter().any(|excluded| excluded == text.as_ref()),
            _ => false,
        },
        _ => false,
    }
}

/// The setting of a parameter or pseudo parameter whose value is one text.
fn text_setting<'e, 't>(scenario: &'e Scenario<'_, 't>, name: &str) -> Option<&'e Setting<'t>> {
    let index = place_of_setting(scenario.template, name)?;
    match scenario.template.parameters.get(index) {
        Some(parameter) if parameter.is_list() || parameter.is_indirect() => return None,
        None if name == LIST_OF_STACK => return None,
        _ => {}
    }
    Some(scenario.setting(index))
}

/// The text of a literal, or of a parameter that has one here: what nearly all conditions compare, without a copy.
fn known_text<'e>(scenario: &'e Scenario<'_, '_>, expression: &'e Expression<'_>) -> Option<&'e str> {
    match &expression.kind {
        K::Text { text, .. } if !is_dynamic(text) => Some(text),
        K::Ref(name) => match text_setting(scenario, &name.text)? {
            Setting::Is(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
