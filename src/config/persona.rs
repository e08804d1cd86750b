//! For whom a rule speaks: for everybody, or for those who ask for rules of its kind.

/// For whom a rule speaks. All but those of [`Persona::Default`] are off until they are selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Persona {
    /// Everybody: the rule runs unless it is ignored.
    Default,
    /// Those who keep data inside an organisation, and want every way out of it named.
    Perimeter,
    /// Those who want to know also what does no harm yet, or what could not be told.
    Pedantic,
    /// Those who look at the bill.
    Cost,
}

impl Persona {
    /// Every persona.
    pub const ALL: [Self; 4] = [Self::Default, Self::Perimeter, Self::Pedantic, Self::Cost];

    /// The word used in settings, tables and output. No rule is named so.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Perimeter => "perimeter",
            Self::Pedantic => "pedantic",
            Self::Cost => "cost",
        }
    }

    /// Whether its rules are off until they are selected.
    pub fn is_opt_in(self) -> bool {
        self != Self::Default
    }
}

/// The words that select and ignore rules: the names of the rules and of the personas.
pub fn selectors<'n>(rules: &[&'n str]) -> Vec<&'n str> {
    rules.iter().copied().chain(Persona::ALL.map(Persona::name)).collect()
}
