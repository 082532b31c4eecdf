//! Where a program reads a secret from, once the secret is in the code no more.

/// What gives values to a program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lookup {
    /// Its environment, which whatever starts it fills.
    #[default]
    Environment,
    /// AWS Secrets Manager.
    SecretsManager,
    /// Parameter Store of AWS Systems Manager.
    ParameterStore,
}

/// All of them, as the command line names them.
pub const LOOKUPS: [Lookup; 3] =
    [Lookup::Environment, Lookup::SecretsManager, Lookup::ParameterStore];

impl Lookup {
    /// The name on the command line; that of the store in `rules/stores.toml`, if it is one.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::SecretsManager => "aws-secrets-manager",
            Self::ParameterStore => "aws-parameter-store",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        LOOKUPS.into_iter().find(|lookup| lookup.name() == name)
    }
}

/// A value that is to be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Names {
    /// The environment variable.
    pub variable: String,
    /// The name in a store: `/application/function/environment/name`.
    pub stored: String,
}

/// How to read it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where from.
    pub lookup: Lookup,
    /// What it is called there.
    pub names: &'a Names,
}

impl Wanted<'_> {
    /// The environment variable.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.names.variable
    }

    /// The name in the store.
    #[must_use]
    pub fn stored(&self) -> &str {
        &self.names.stored
    }
}
