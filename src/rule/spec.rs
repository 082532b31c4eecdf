//! Rules and playbooks as they are written in TOML. `rules/README.md` explains every key.
//!
//! `build.rs` includes this file too, so it depends on nothing but serde.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One TOML file of `rules/`. A pack may bring playbooks of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackSpec<R, V, P> {
    /// Ids of rules of earlier packs that shall not work.
    #[serde(default = "Vec::new")]
    pub disable: Vec<String>,
    /// The `[[rule]]` tables, in the order of the file.
    #[serde(default = "Vec::new")]
    pub rule: Vec<R>,
    /// The rows of the `provider` table, each a rule in short.
    #[serde(default = "Vec::new")]
    pub provider: Vec<V>,
    /// The `[[playbook]]` tables, in the order of the file.
    #[serde(default = "Vec::new")]
    pub playbook: Vec<P>,
}

/// One `[[rule]]` table, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Stable name in kebab-case.
    pub id: String,
    /// Earlier ids of the rule.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Title of a finding.
    pub name: String,
    /// Who issues it, if the title does not begin with the issuer's name.
    #[serde(default)]
    pub provider: Option<String>,
    /// Credential type of the inventory.
    pub kind: String,
    /// How bad a live secret of this kind is.
    pub severity: Severity,
    /// The most that the rule alone earns.
    #[serde(default)]
    pub confidence: Option<Confidence>,
    /// Rank among rules on the same bytes; derived from the triggers when absent.
    #[serde(default)]
    pub layer: Option<Layer>,
    /// Beginnings of the token; case counts.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// Words in the name that a value is assigned to, or shortly before it.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Texts that open a window, in any case of letters.
    #[serde(default)]
    pub literals: Vec<String>,
    /// Bytes on both sides of the trigger that the pattern may look at.
    #[serde(default)]
    pub reach: Option<u32>,
    /// Regular expression over bytes, without Unicode classes.
    pub pattern: String,
    /// Shannon entropy that the secret must reach, in bits per character.
    #[serde(default)]
    pub entropy: Option<f32>,
    /// Name of the offline verification.
    #[serde(default)]
    pub check: Option<String>,
    /// Other parts of the same credential.
    #[serde(default)]
    pub near: Vec<NearSpec>,
    /// Globs that limit the rule to some files.
    #[serde(default)]
    pub paths: PathsSpec,
    /// Id of the playbook.
    pub playbook: String,
    /// Texts that the rule must report; `<<regex>>` is expanded.
    #[serde(default)]
    pub examples: Vec<String>,
    /// File name under which the examples are scanned.
    #[serde(default)]
    pub example_path: Option<String>,
    /// Texts that no rule may report.
    #[serde(default)]
    pub counterexamples: Vec<String>,
    /// Where the format is documented.
    #[serde(default)]
    pub references: Vec<String>,
}

/// Another rule whose finding close by completes the credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearSpec {
    /// Id of the other rule.
    pub rule: String,
    /// Lines between the two, at most.
    pub lines: u32,
}

/// Globs on the path of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathsSpec {
    /// The rule works only in files that match one of these.
    #[serde(default)]
    pub only: Vec<String>,
    /// The rule does not work in files that match one of these.
    #[serde(default)]
    pub except: Vec<String>,
}

/// How bad a live secret of a kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Little to gain from it.
    Low,
    /// Access to something limited, or a test credential.
    Medium,
    /// Access to a service.
    High,
    /// Access to an account, to infrastructure or to money.
    Critical,
}

/// How sure blurt is that a finding is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Worth a look in an audit.
    Low,
    /// Looks like a secret and stands where one would.
    Medium,
    /// Has the structure of a known credential.
    High,
}

/// The rank of a rule among others on the same bytes, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A password: any value under a name like `password`.
    Password,
    /// A random value under a name like `secret`.
    Generic,
    /// A provider's word before the value.
    Named,
    /// A token with a prefix or structure of its own.
    Structured,
}

/// One `[[playbook]]` table: what a family of credentials needs from its provider. What does not depend
/// on the provider (a store, a role, the history) is a [`Strategy`]'s or a [`Store`]'s to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Playbook {
    /// Stable name in kebab-case.
    pub id: String,
    /// What it is, which decides what can stand in for it.
    pub credential: Credential,
    /// What the secret is used for, in the words of the inventory: `api`, `dba`, `storage` …
    pub function: Function,
    /// What steps call the value: `key`, `password` …
    pub subject: String,
    /// Why this matters, in a sentence or two.
    pub why: String,
    /// Whether something can renew it unattended, so that a store may do it on a schedule.
    #[serde(default)]
    pub rotates: bool,
    /// What to look at first: whose it is, where it was last used.
    pub check: Vec<Step>,
    /// How it is revoked.
    pub contain: Vec<Step>,
    /// How its successor is made.
    #[serde(default)]
    pub replace: Vec<Step>,
    /// What to watch at the provider afterwards.
    #[serde(default)]
    pub watch: Vec<Step>,
    /// Where the provider explains it.
    pub references: Vec<String>,
}

/// One `[[strategy]]` table: one way to do without the secret, or to keep it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// Stable name in kebab-case.
    pub id: String,
    /// The verb.
    pub action: Action,
    /// What it is called.
    pub name: String,
    /// What to do, in one sentence.
    pub summary: String,
    /// How it is set up.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// What to watch afterwards.
    #[serde(default)]
    pub watch: Vec<Step>,
    /// Where it is explained.
    #[serde(default)]
    pub references: Vec<String>,
}

/// One `[[store]]` table: a place where secrets are kept, and what a program does to get them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Stable name in kebab-case.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// How a value gets there.
    pub put: Vec<Step>,
    /// How a program gets the value, by the platform that it runs on or the kind of file that it is;
    /// `any` for all others.
    pub fetch: BTreeMap<String, Step>,
    /// The library that a program uses for that, by language.
    #[serde(default)]
    pub libraries: BTreeMap<String, String>,
    /// How the store renews the value by itself; `None` if it does not.
    #[serde(default)]
    pub rotate: Option<Step>,
    /// What to watch at the store.
    #[serde(default)]
    pub watch: Vec<Step>,
    /// Where it is explained.
    pub references: Vec<String>,
}

/// One `[[console]]` table: where a provider's credentials are managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// The provider, as titles of rules name it.
    pub provider: String,
    /// The page, or the one from which the path starts.
    pub url: String,
    /// The way through the menus: `Settings > API keys`.
    #[serde(default)]
    pub path: Option<String>,
}

/// One TOML file of remediation data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Knowledge {
    /// The `[[playbook]]` tables.
    pub playbook: Vec<Playbook>,
    /// The `[[strategy]]` tables.
    pub strategy: Vec<Strategy>,
    /// The `[[store]]` tables.
    pub store: Vec<Store>,
    /// The `[[console]]` tables.
    pub console: Vec<Console>,
}

impl Knowledge {
    /// Adds what another file says.
    pub fn add(&mut self, other: Self) {
        self.playbook.extend(other.playbook);
        self.strategy.extend(other.strategy);
        self.store.extend(other.store);
        self.console.extend(other.console);
    }
}

/// What a secret is: the types of AWS Well-Architected SEC02-BP03 and of the discovery table of
/// "Migrating your secrets to AWS Secrets Manager, part I", and those for which other platforms have
/// something better too.
#[allow(clippy::enum_variant_names)] // a client credential is called that
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A long-lived key of an IAM user.
    AwsAccessKey,
    /// A credential of Azure that a managed identity makes needless.
    AzureCredential,
    /// A key of a Google Cloud service account.
    GoogleServiceAccount,
    /// Something that ends by itself: a session token, a cookie.
    Session,
    /// A private key to log in with.
    SshKey,
    /// The password of a database account.
    DatabasePassword,
    /// The password of any other account.
    ApplicationPassword,
    /// Something that only the application itself knows: a pepper, a webhook's secret, a random value.
    ApplicationSecret,
    /// A token that somebody's consent has issued.
    OauthToken,
    /// What a client proves itself with to an issuer of tokens.
    ClientCredential,
    /// A key or token of a service.
    ApiToken,
    /// A token of GitHub.
    GithubToken,
    /// A token that publishes packages.
    RegistryToken,
    /// A token of a secrets store.
    StoreToken,
    /// A token of a service account of Kubernetes.
    ClusterToken,
    /// The private key of a certificate.
    CertificateKey,
    /// A key that encrypts or signs.
    CryptographicKey,
    /// A key that a provider issues for tests, or for everybody to see.
    TestKey,
}

/// What a secret is used for: the values of the tag `appfunc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// A web application itself.
    Web,
    /// Messages, mail.
    Msg,
    /// Databases.
    Dba,
    /// Interfaces of services.
    Api,
    /// Files and objects.
    Storage,
    /// Images and clusters.
    Container,
    /// Identity, networks and what stands between programs.
    Middleware,
    /// Building and delivering.
    Tool,
    /// Servers and accounts.
    Service,
}

impl Function {
    /// The word of the inventory.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Msg => "msg",
            Self::Dba => "dba",
            Self::Api => "api",
            Self::Storage => "storage",
            Self::Container => "container",
            Self::Middleware => "middleware",
            Self::Tool => "tool",
            Self::Service => "service",
        }
    }
}

/// One step of a playbook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    #[serde(rename = "do")]
    pub what: String,
    /// The command that does it, if there is one; it takes no secret as an argument.
    #[serde(default)]
    pub command: Option<String>,
}

/// The three answers to a secret in code (AWS Well-Architected, SEC02-BP03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Nothing needs it: delete it.
    Remove,
    /// The platform can issue a short-lived credential instead.
    Replace,
    /// It must stay a secret: revoke it, issue a new one into a store.
    Rotate,
}

impl Action {
    /// The verb in the middle of a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Replace => "replace",
            Self::Rotate => "rotate",
        }
    }
}

/// Texts, each ended by a line feed, in one: reading the triggers of all rules allocates nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List<'a>(#[serde(borrow)] Cow<'a, str>);

impl List<'_> {
    fn new(texts: &[String]) -> List<'static> {
        List(texts.iter().flat_map(|text| [text.as_str(), "\n"]).collect())
    }

    /// The texts.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator('\n')
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What brings a rule to work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers<'a> {
    /// See [`RuleSpec::prefixes`].
    #[serde(borrow)]
    pub prefixes: List<'a>,
    /// See [`RuleSpec::keywords`].
    #[serde(borrow)]
    pub keywords: List<'a>,
    /// See [`RuleSpec::literals`].
    #[serde(borrow)]
    pub literals: List<'a>,
    /// Whether each line of the files that the rule names is a trigger.
    pub lines: bool,
}

impl RuleSpec {
    /// What brings the rule to work.
    #[must_use]
    pub fn triggers(&self) -> Triggers<'static> {
        let Self { prefixes, keywords, literals, paths, .. } = self;
        let none = [prefixes, keywords, literals].iter().all(|list| list.is_empty());
        Triggers {
            prefixes: List::new(prefixes),
            keywords: List::new(keywords),
            literals: List::new(literals),
            lines: none && !paths.only.is_empty(),
        }
    }

    /// The rank of the rule among others on the same bytes.
    #[must_use]
    pub fn layer(&self) -> Layer {
        let derived = || if self.keywords.is_empty() { Layer::Structured } else { Layer::Named };
        self.layer.unwrap_or_else(derived)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// File name, as shown to the user.
    pub file: String,
    /// 1-based line of the value's table.
    pub line: u32,
    /// The value.
    pub value: T,
}

impl<T> Sourced<T> {
    /// The same place with what `change` makes of the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Sourced<U> {
        Sourced { file: self.file, line: self.line, value: change(self.value) }
    }
}

/// What `build.rs` embeds of a rule for the beginning of a scan.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmbeddedRule<'a> {
    /// The rule's id.
    pub id: &'a str,
    /// Its rank.
    pub layer: Layer,
    /// What brings it to work.
    #[serde(borrow)]
    pub triggers: Triggers<'a>,
    /// Bytes that it has in [`Embedded::written`], which are decoded when the rule has something to do.
    pub length: usize,
}

/// What `build.rs` embeds. What every scan needs stands together, so that the rest is not even paged in.
#[derive(Debug, Serialize, Deserialize)]
pub struct Embedded<'a> {
    /// All built-in rules, by pack.
    #[serde(borrow)]
    pub rules: Vec<EmbeddedRule<'a>>,
    /// The rules as written, each a `Sourced<RuleSpec>`, one behind the other.
    pub written: &'a [u8],
    /// What remedies are made of, a [`Knowledge`].
    pub knowledge: &'a [u8],
}
