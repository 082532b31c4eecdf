//! Managed databases: their names and resources tell that a password can be left to the platform.

use super::platform::resource;
use super::setting::Setting;
use crate::finding::Location;

/// A managed database that a password opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Database {
    /// Whose it is.
    pub service: Service,
    /// Whether the account is the administrator's.
    pub admin: bool,
}

/// A service that runs databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Amazon RDS or Aurora.
    Rds,
    /// Amazon Redshift.
    Redshift,
    /// Amazon `DocumentDB`.
    DocumentDb,
    /// Azure's databases.
    Azure,
    /// Cloud SQL of Google Cloud.
    CloudSql,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Rds => "Amazon RDS or Aurora",
            Self::Redshift => "Amazon Redshift",
            Self::DocumentDb => "Amazon DocumentDB",
            Self::Azure => "an Azure database",
            Self::CloudSql => "Cloud SQL",
        }
    }

    /// The service that runs the host named in `text`.
    fn of_host(text: &str) -> Option<(Self, &'static str)> {
        let hosts = [
            (".docdb.amazonaws.com", Self::DocumentDb),
            (".rds.amazonaws.com", Self::Rds),
            (".redshift.amazonaws.com", Self::Redshift),
            (".redshift-serverless.amazonaws.com", Self::Redshift),
            (".database.windows.net", Self::Azure),
            (".postgres.database.azure.com", Self::Azure),
            (".mysql.database.azure.com", Self::Azure),
            ("/cloudsql/", Self::CloudSql),
        ];
        hosts
            .into_iter()
            .find(|(host, _)| text.contains(host))
            .map(|(host, service)| (service, host))
    }

    fn of_resource(resource: &str) -> Option<Self> {
        Some(match resource {
            "aws_db_instance"
            | "aws_rds_cluster"
            | "AWS::RDS::DBInstance"
            | "AWS::RDS::DBCluster" => Self::Rds,
            "aws_redshift_cluster"
            | "aws_redshiftserverless_namespace"
            | "AWS::Redshift::Cluster"
            | "AWS::RedshiftServerless::Namespace" => Self::Redshift,
            "aws_docdb_cluster" | "AWS::DocDB::DBCluster" => Self::DocumentDb,
            "azurerm_mssql_server"
            | "azurerm_postgresql_flexible_server"
            | "azurerm_postgresql_server"
            | "azurerm_mysql_flexible_server"
            | "azurerm_sql_server" => Self::Azure,
            "google_sql_user" | "google_sql_database_instance" => Self::CloudSql,
            _ => return None,
        })
    }
}

/// Lines on each side of a password in which its host and user are looked for.
const NEAR: usize = 12;

/// The managed database that the password at `place` opens, and what tells of it: the resource that it
/// stands in, the host on its line, or, if its `name` may be that of a database's password, one near it.
/// `text` is the file.
#[must_use]
pub fn of(
    setting: Setting,
    place: &Location,
    text: Option<&str>,
    name: &str,
) -> Option<(Database, String)> {
    let own = format!("{}{}", place.excerpt.before, place.excerpt.after);
    let resource = of_resource(setting, place, text);
    resource.or_else(|| of_host(&own)).or_else(|| {
        // Other passwords may stand beside that of the database.
        let near = text.filter(|_| may_be_of_one(name)).map(|text| around(place, text))?;
        of_host(&near)
    })
}

fn of_resource(
    setting: Setting,
    place: &Location,
    text: Option<&str>,
) -> Option<(Database, String)> {
    let lines: Vec<&str> = text?.lines().take(line_of(place) + 1).collect();
    let upto = lines.join("\n");
    let resource = resource(setting, &upto)?;
    let service = Service::of_resource(resource)?;
    // The password in the resource of a server is its administrator's.
    let admin = resource != "google_sql_user";
    let because = format!("It is the password in a resource {resource}.");
    Some((Database { service, admin }, because))
}

/// The lines around a place.
fn around(place: &Location, text: &str) -> String {
    let first = line_of(place).saturating_sub(NEAR);
    let near: Vec<&str> = text.lines().skip(first).take(2 * NEAR + 1).collect();
    near.join("\n")
}

fn of_host(text: &str) -> Option<(Database, String)> {
    let (service, host) = Service::of_host(text)?;
    let admin = user(text).as_deref().is_some_and(is_admin);
    let whose = if admin { " as its administrator" } else { "" };
    let because = format!("It logs in{whose} to {}: the host ends in {host}.", service.name());
    Some((Database { service, admin }, because))
}

/// The line of a place, from 0.
fn line_of(place: &Location) -> usize {
    usize::try_from(place.start.line).unwrap_or(usize::MAX).saturating_sub(1)
}

/// Whether a password of that name may be a database's: it says so, or says nothing but that it is a
/// password.
fn may_be_of_one(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = [
        "db",
        "sql",
        "database",
        "datasource",
        "jdbc",
        "rds",
        "master",
        "admin",
        "mongo",
        "redshift",
        "postgres",
        "pg",
        "mysql",
        "maria",
        "oracle",
        "aurora",
    ];
    let bare = ["", "password", "passwd", "pwd", "pass", "secret"];
    words.iter().any(|word| name.contains(word)) || bare.contains(&name.as_str())
}

/// The user named in a URL or in a setting near the password.
fn user(text: &str) -> Option<String> {
    let in_url = text.split("://").skip(1).find_map(|rest| {
        let user = rest.split_once(':')?.0;
        let word = |c: char| c.is_ascii_alphanumeric() || "_-.%".contains(c);
        (!user.is_empty() && user.chars().all(word) && rest.contains('@')).then(|| user.to_owned())
    });
    in_url.or_else(|| {
        text.lines().find_map(|line| {
            let lower = line.to_ascii_lowercase();
            let at = lower.find("user").or_else(|| lower.find("login"))?;
            let (_, value) = line[at..].split_once(['=', ':'])?;
            let value = value.trim().trim_matches(['"', '\'', ',', ';', ')', ' ']);
            (!value.is_empty()).then(|| value.to_owned())
        })
    })
}

/// The users that engines and services create first.
fn is_admin(user: &str) -> bool {
    let user = user.to_ascii_lowercase();
    let known = [
        "admin",
        "administrator",
        "root",
        "master",
        "masteruser",
        "postgres",
        "sa",
        "awsuser",
        "rdsadmin",
        "dbadmin",
        "superuser",
        "sqladmin",
        "docdbadmin",
        "clusteradmin",
    ];
    known.contains(&user.as_str())
}
