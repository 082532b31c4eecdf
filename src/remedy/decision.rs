//! Which strategy fits: the first row of the tables below whose evidence is there. The rows are those of
//! AWS Well-Architected SEC02-BP03, with the equivalents of other platforms.

use super::database::{Database, Service};
use super::evidence::{Evidence, Reach, Reason, Worth};
use super::platform::Platform;
use super::setting::{CiService, Role, Setting};
use crate::rule::{Credential, Playbook, RuleSet, Store, Strategy};
use std::sync::Arc;

/// The strategy for a secret, and why.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The strategy.
    pub strategy: Arc<Strategy>,
    /// Where the secret is kept, if it has to stay one.
    pub store: Option<Arc<Store>>,
    /// What decided, the most important first.
    pub reasons: Vec<Reason>,
}

impl Decision {
    /// The decision on a secret whose rule has that playbook and issuer. `None` only if the knowledge
    /// has no such strategy, which the test suite excludes.
    #[must_use]
    pub fn on(
        evidence: &Evidence,
        playbook: &Playbook,
        issuer: Option<&str>,
        rules: &RuleSet,
    ) -> Option<Self> {
        let (id, reason) = needless(evidence).unwrap_or_else(|| kept_or_replaced(evidence, issuer));
        let strategy = rules.strategy(id)?.clone();
        let mut reasons: Vec<Reason> = reason.into_iter().chain(evidence.reasons.clone()).collect();
        let store = if KEPT.contains(&id) {
            let (store, reason) = store(evidence, playbook, rules)?;
            reasons.push(reason);
            Some(store)
        } else {
            None
        };
        Some(Self { strategy, store, reasons })
    }
}

/// The strategies after which there is still a secret to keep.
const KEPT: [&str; 4] = ["store", "new-application-secret", "backend-proxy", "reissue-certificate"];

/// What nobody needs.
fn needless(evidence: &Evidence) -> Option<(&'static str, Option<Reason>)> {
    let about = |id, about, because: String| Some((id, Some(Reason::new(about, because))));
    match &evidence.worth {
        Worth::Published(place) => {
            return about(
                "remove-sample",
                "verification",
                format!("Everybody can read it at {place}, so it protects nothing."),
            );
        }
        Worth::NeverIssued => {
            let because = "It carries a checksum of itself that does not fit, so it was not issued like this.";
            return about("remove-invalid", "verification", because.into());
        }
        Worth::Expired(when) => {
            let when = if when.is_empty() { String::new() } else { format!(" on {when}") };
            return about(
                "remove-expired",
                "verification",
                format!("It says of itself that it expired{when}, so nothing can use it any more."),
            );
        }
        Worth::TestMode => {
            let because = "It is for the provider's test mode, where nothing of value is.";
            return about("remove-test-key", "verification", because.into());
        }
        Worth::Unknown => {}
    }
    match evidence.credential {
        Credential::TestKey => {
            let because = "Its provider issues such keys for tests, or for everybody to see.";
            return about("remove-test-key", "credential", because.into());
        }
        Credential::Session => {
            let because = "It ends by itself, so there is nothing to keep.";
            return about("remove-session", "credential", because.into());
        }
        _ => {}
    }
    if evidence.commented {
        return Some(("remove-commented", None));
    }
    match evidence.role {
        Role::Test => return Some(("remove-fixture", None)),
        Role::Example => return Some(("remove-example", None)),
        Role::Product => {}
    }
    None
}

fn kept_or_replaced(evidence: &Evidence, issuer: Option<&str>) -> (&'static str, Option<Reason>) {
    let (id, because) = replaced(evidence, issuer).unwrap_or_else(|| kept(evidence.credential));
    (id, (!because.is_empty()).then(|| Reason::new("credential", because)))
}

/// What the platform can issue by itself at run time.
fn replaced(evidence: &Evidence, issuer: Option<&str>) -> Option<(&'static str, &'static str)> {
    let on_clients = matches!(evidence.platform, Platform::Mobile | Platform::Browser);
    match evidence.credential {
        Credential::AwsAccessKey => {
            Some((aws_identity(evidence), "AWS can issue temporary credentials in its place."))
        }
        Credential::SshKey => Some(ssh(evidence)),
        Credential::DatabasePassword => evidence.database.and_then(database),
        Credential::AzureCredential => Some((
            azure_identity(evidence.platform),
            "Azure can issue tokens to the workload itself.",
        )),
        Credential::GoogleServiceAccount if on_clients => Some(("backend-proxy", CLIENTS)),
        Credential::GoogleServiceAccount => Some((
            google_identity(evidence.platform),
            "Google Cloud can issue tokens to the workload itself.",
        )),
        Credential::StoreToken => {
            Some(("platform-auth-to-store", "The platform's own identity can log in to the store."))
        }
        Credential::GithubToken => match evidence.platform {
            Platform::Ci(CiService::GitHub) => {
                Some(("github-actions-token", "Each job has a token of its own."))
            }
            Platform::Ci(_) => {
                Some(("github-app", "A GitHub App can issue tokens that last an hour."))
            }
            _ => None,
        },
        Credential::RegistryToken => {
            let trusts = ["PyPI", "TestPyPI", "npm", "RubyGems", "crates.io", "NuGet"];
            let trusted = issuer.is_some_and(|issuer| trusts.contains(&issuer));
            let publishes =
                matches!(evidence.platform, Platform::Ci(CiService::GitHub | CiService::GitLab));
            (trusted && publishes).then_some((
                "trusted-publishing",
                "The registry trusts this CI service's own identity.",
            ))
        }
        Credential::ClusterToken => Some((
            "kubernetes-service-account-token",
            "The cluster can issue tokens that end, to the pod that needs one.",
        )),
        Credential::ClientCredential if on_clients => Some((
            "public-client",
            "What is in an app or a page is no secret, and PKCE needs none.",
        )),
        Credential::CertificateKey
        | Credential::CryptographicKey
        | Credential::ApplicationSecret => None,
        _ if on_clients => Some(("backend-proxy", CLIENTS)),
        _ => None,
    }
}

const CLIENTS: &str = "What is delivered to people cannot be kept from them.";

fn aws_identity(evidence: &Evidence) -> &'static str {
    if evidence.third_party.is_some() {
        return "cross-account-role";
    }
    match evidence.platform {
        Platform::Lambda => "lambda-execution-role",
        Platform::Ec2 => "instance-profile",
        Platform::Ecs => "ecs-task-role",
        Platform::Eks => "eks-pod-identity",
        Platform::Kubernetes => "kubernetes-irsa-elsewhere",
        Platform::Ci(CiService::GitHub) => "github-oidc",
        Platform::Ci(CiService::GitLab) => "gitlab-oidc",
        Platform::Ci(CiService::Other(_)) => "ci-oidc",
        Platform::Mobile | Platform::Browser => "cognito-identity-pool",
        Platform::Device => "iot-credential-provider",
        Platform::Person => "iam-identity-center",
        Platform::Server => "ssm-hybrid-activation",
        Platform::GoogleCloud | Platform::Azure | Platform::Hoster(_) => "iam-roles-anywhere",
        Platform::Aws | Platform::Ci(CiService::CodeBuild) | Platform::Unknown => "iam-role",
    }
}

fn ssh(evidence: &Evidence) -> (&'static str, &'static str) {
    let of_git = ["deploy", "git", "bitbucket"]
        .iter()
        .any(|word| evidence.name.to_ascii_lowercase().contains(word));
    match evidence.platform {
        Platform::Ci(_) if of_git => {
            ("deploy-identity", "The CI service can log in to the Git host by itself.")
        }
        Platform::Server
        | Platform::Hoster(_)
        | Platform::GoogleCloud
        | Platform::Azure
        | Platform::Kubernetes => (
            "ssh-certificates",
            "Certificates that last hours can take the place of keys that last for ever.",
        ),
        // A program pushes a key for the minute that it needs; people get a shell without any.
        Platform::Ci(_) => {
            ("ec2-instance-connect", "IAM can let programs in for a minute, without a lasting key.")
        }
        _ if matches!(evidence.setting, Setting::Code(_)) => {
            ("ec2-instance-connect", "IAM can let programs in for a minute, without a lasting key.")
        }
        _ => ("session-manager", "IAM can let people in without any key."),
    }
}

fn database(database: Database) -> Option<(&'static str, &'static str)> {
    Some(match (database.service, database.admin) {
        (Service::Rds, true) => (
            "rds-managed-password",
            "The service can keep and renew its administrator's password itself.",
        ),
        (Service::Rds, false) => (
            "rds-iam-authentication",
            "The database can take tokens of IAM, which last 15 minutes.",
        ),
        (Service::Redshift, true) => (
            "redshift-managed-password",
            "The service can keep and renew its administrator's password itself.",
        ),
        (Service::DocumentDb, true) => (
            "documentdb-managed-password",
            "The service can keep and renew its administrator's password itself.",
        ),
        (Service::Redshift | Service::DocumentDb, false) => return None,
        (Service::Azure, _) => {
            ("azure-entra-database-authentication", "The database can take tokens of Entra ID.")
        }
        (Service::CloudSql, _) => {
            ("cloudsql-iam-authentication", "The database can take tokens of IAM.")
        }
    })
}

fn azure_identity(platform: Platform) -> &'static str {
    match platform {
        Platform::Ci(_)
        | Platform::Kubernetes
        | Platform::Hoster(_)
        | Platform::GoogleCloud
        | Platform::Server => "azure-workload-identity-federation",
        platform if platform.is_aws() => "azure-workload-identity-federation",
        _ => "azure-managed-identity",
    }
}

fn google_identity(platform: Platform) -> &'static str {
    match platform {
        Platform::Ci(CiService::Other("Cloud Build")) => "gcp-attached-service-account",
        Platform::Ci(_)
        | Platform::Kubernetes
        | Platform::Hoster(_)
        | Platform::Azure
        | Platform::Server => "gcp-workload-identity-federation",
        platform if platform.is_aws() => "gcp-workload-identity-federation",
        _ => "gcp-attached-service-account",
    }
}

/// What has to stay a secret.
fn kept(credential: Credential) -> (&'static str, &'static str) {
    match credential {
        Credential::CertificateKey => {
            ("reissue-certificate", "The certificate is only as good as its key is secret.")
        }
        Credential::CryptographicKey => {
            ("kms-key", "A key that encrypts or signs can do so without leaving a key service.")
        }
        Credential::ApplicationSecret => (
            "new-application-secret",
            "Only the application knows it, so the application's owner can renew it.",
        ),
        Credential::DatabasePassword | Credential::ApplicationPassword => (
            "store",
            "A password that programs need stays a secret: it is stored, and changed on a schedule.",
        ),
        Credential::OauthToken => (
            "store",
            "A token that programs need stays a secret: it is stored, and renewed on a schedule.",
        ),
        _ => (
            "store",
            "No platform can issue it, so it stays a secret: it is stored, and changed on a schedule.",
        ),
    }
}

/// The store for a secret: the configured one, or the one that fits.
fn store(
    evidence: &Evidence,
    playbook: &Playbook,
    rules: &RuleSet,
) -> Option<(Arc<Store>, Reason)> {
    if let Some(store) = rules.preferred_store() {
        let because = format!("The configuration says that secrets are kept in {}.", store.name);
        return Some((store.clone(), Reason::new("store", because)));
    }
    let (id, because) = store_there(evidence).unwrap_or_else(|| store_of_aws(evidence, playbook));
    Some((rules.store(id)?.clone(), Reason::new("store", because)))
}

/// The store of the CI service whose workflow needs the secret, or of the platform that runs there.
fn store_there(evidence: &Evidence) -> Option<(&'static str, &'static str)> {
    Some(match (evidence.setting, evidence.platform) {
        (Setting::Ci(CiService::GitHub), _) => {
            ("github-actions-secrets", "Only a workflow needs it, which takes it from GitHub.")
        }
        (Setting::Ci(CiService::GitLab), _) => {
            ("gitlab-ci-variables", "Only a pipeline needs it, which takes it from GitLab.")
        }
        (Setting::Ci(CiService::Other(_)), _) => {
            ("ci-secret-store", "Only a pipeline needs it, which takes it from the CI service.")
        }
        (_, Platform::GoogleCloud) => ("gcp-secret-manager", "What needs it runs on Google Cloud."),
        (_, Platform::Azure) => ("azure-key-vault", "What needs it runs on Azure."),
        (_, Platform::Kubernetes) => {
            ("kubernetes-external-secrets", "What needs it runs on Kubernetes.")
        }
        (_, Platform::Server | Platform::Device | Platform::Person) => (
            "vault",
            "What needs it runs on machines of one's own, where a store such as Vault can stand.",
        ),
        _ => return None,
    })
}

/// One of the stores of AWS, by the criteria of its Prescriptive Guidance, WKLD.03.
fn store_of_aws(evidence: &Evidence, playbook: &Playbook) -> (&'static str, &'static str) {
    if evidence.is_document {
        let because = "It is a document, or longer than Parameter Store takes.";
        return ("aws-secrets-manager", because);
    }
    if playbook.rotates {
        let because = "It can be renewed unattended, which Secrets Manager does on a schedule.";
        return ("aws-secrets-manager", because);
    }
    match evidence.credential {
        Credential::ApplicationSecret | Credential::TestKey => (
            "aws-parameter-store",
            "It is one short value that nothing else renews: Parameter Store holds such values at no charge.",
        ),
        _ => (
            "aws-secrets-manager",
            "It gains from being renewed on a schedule, with a log of who read it.",
        ),
    }
}

impl Evidence {
    /// Whether others can have read the secret, so that it is revoked before anything else.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        !matches!(self.reach, Reach::Staged | Reach::Uncommitted)
    }
}
