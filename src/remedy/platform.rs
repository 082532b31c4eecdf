//! What runs the code that a secret stands in: it decides which identity the platform can give it.

use super::setting::{CiService, Setting};
use super::surroundings::{Surroundings, folders, named};
use std::path::Path;

/// What runs there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// AWS Lambda.
    Lambda,
    /// Instances of EC2, by themselves or under Elastic Beanstalk.
    Ec2,
    /// Amazon ECS, or Fargate.
    Ecs,
    /// Amazon EKS.
    Eks,
    /// Something of AWS that is not known more closely.
    Aws,
    /// Kubernetes anywhere else.
    Kubernetes,
    /// A CI service.
    Ci(CiService),
    /// An app on people's phones.
    Mobile,
    /// A browser.
    Browser,
    /// A device.
    Device,
    /// A person's own computer.
    Person,
    /// A server of one's own: a data centre, a rented machine.
    Server,
    /// Google Cloud.
    GoogleCloud,
    /// Azure.
    Azure,
    /// Another hoster, by its name.
    Hoster(&'static str),
    /// Nobody knows.
    #[default]
    Unknown,
}

impl Platform {
    /// Whether it is on AWS, so that a role can be given to it.
    #[must_use]
    pub fn is_aws(self) -> bool {
        let codebuild = Self::Ci(CiService::CodeBuild);
        matches!(self, Self::Lambda | Self::Ec2 | Self::Ecs | Self::Eks | Self::Aws)
            || self == codebuild
    }

    /// The word by which stores list how a program gets its secrets there.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::Ec2 => "ec2",
            Self::Ecs => "ecs",
            Self::Eks => "eks",
            Self::Aws => "aws",
            Self::Kubernetes => "kubernetes",
            Self::Ci(CiService::GitHub) => "github-actions",
            Self::Ci(CiService::GitLab) => "gitlab-ci",
            Self::Ci(_) => "ci",
            Self::Mobile => "mobile",
            Self::Browser => "browser",
            Self::Device => "device",
            Self::Person => "person",
            Self::Server => "server",
            Self::GoogleCloud => "google-cloud",
            Self::Azure => "azure",
            Self::Hoster(_) => "hoster",
            Self::Unknown => "unknown",
        }
    }
}

/// A platform, and what tells of it.
pub type Seen = (Platform, String);

/// The platform of the file at `path`, of that setting. `text` is its beginning up to the secret, `name`
/// what the secret is assigned to.
#[must_use]
pub fn of(
    path: &str,
    setting: Setting,
    text: &str,
    name: &str,
    around: &dyn Surroundings,
) -> Option<Seen> {
    let own = of_setting(setting).or_else(|| of_path(path)).or_else(|| of_name(name));
    own.or_else(|| of_resource(setting, text))
        .or_else(|| of_document(setting, text))
        .or_else(|| of_surroundings(path, around))
        // Other platforms call their handlers so, too.
        .or_else(|| of_program(setting, text))
}

fn of_setting(setting: Setting) -> Option<Seen> {
    Some(match setting {
        Setting::Ci(service) => {
            (Platform::Ci(service), format!("It stands in a workflow of {}.", service.name()))
        }
        Setting::Profile => (
            Platform::Person,
            "It stands in a file where one person's programs keep their credentials.".into(),
        ),
        Setting::Ansible => (Platform::Server, "Ansible sets up servers with this file.".into()),
        _ => return None,
    })
}

/// Paths that only apps, browsers and servers have.
fn of_path(path: &str) -> Option<Seen> {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let has = |parts: &[&str]| {
        parts.iter().any(|part| lower.starts_with(part) || lower.contains(&format!("/{part}")))
    };
    let phone = ends(&[".swift", ".dart", ".storyboard", "info.plist"])
        || ["androidmanifest.xml", "google-services.json"].contains(&name)
        || has(&["res/values/", "app/src/main/", "android/", "ios/"]);
    if phone {
        return Some((
            Platform::Mobile,
            "The file is part of a mobile app, which everybody can unpack.".into(),
        ));
    }
    let page = name == "aws-exports.js"
        || ends(&[".bundle.js", ".min.js", ".chunk.js", ".jsx", ".tsx", ".vue", ".svelte"])
        || has(&["public/", "static/js/", "www/js/", "src/environments/"])
            && ends(&[".js", ".ts", ".html", ".json"]);
    if page {
        return Some((
            Platform::Browser,
            "The file is delivered to browsers, so everybody can read it.".into(),
        ));
    }
    let firmware = ends(&[".ino"]) || has(&["firmware/", "esp32/", "arduino/"]);
    if firmware {
        return Some((Platform::Device, "The file is built into a device.".into()));
    }
    ends(&[".service", ".nmconnection"])
        .then(|| (Platform::Server, "The file configures a server's services.".into()))
}

/// Names that bundlers copy into what browsers get.
fn of_name(name: &str) -> Option<Seen> {
    let public = [
        "VITE_",
        "REACT_APP_",
        "NEXT_PUBLIC_",
        "NUXT_PUBLIC_",
        "VUE_APP_",
        "GATSBY_",
        "EXPO_PUBLIC_",
    ];
    let prefix = public.iter().find(|prefix| name.starts_with(**prefix))?;
    let because = format!("Names that begin with {prefix} are built into what browsers get.");
    Some((Platform::Browser, because))
}

/// The resource of an infrastructure file that the secret stands in.
#[must_use]
pub fn resource(setting: Setting, text: &str) -> Option<&str> {
    match setting {
        Setting::Terraform => {
            // Blocks begin at the margin: a variable behind a resource is none of its own.
            let begins = |line: &&str| line.starts_with(|c: char| c.is_ascii_alphabetic());
            let block = text.lines().rev().find(begins)?;
            let of = |kind: &str| block.strip_prefix(kind)?.split('"').nth(1);
            of("resource ").or_else(|| of("provider "))
        }
        Setting::CloudFormation => text.lines().rev().find_map(|line| {
            let at = line.find("AWS::")?;
            line[..at]
                .contains("Type")
                .then(|| line[at..].trim_end_matches([',', '"', '\'', ' ', '\r']))
        }),
        _ => None,
    }
}

fn of_resource(setting: Setting, text: &str) -> Option<Seen> {
    let resource = resource(setting, text)?;
    let lower = resource.to_ascii_lowercase();
    let begins = |starts: &[&str]| starts.iter().any(|start| lower.starts_with(start));
    let platform = match () {
        () if begins(&["aws_lambda", "aws::lambda::", "aws::serverless::"]) => Platform::Lambda,
        () if begins(&["aws_ecs_", "aws::ecs::"]) => Platform::Ecs,
        () if begins(&["aws_eks_", "aws::eks::"]) => Platform::Eks,
        () if lower == "aws_instance"
            || lower.contains("launch_template")
            || lower.contains("launch_configuration") =>
        {
            Platform::Ec2
        }
        () if lower.starts_with("aws::ec2::") || lower.contains("autoscaling") => Platform::Ec2,
        () if lower.starts_with("google_") || lower == "google" => Platform::GoogleCloud,
        () if lower.starts_with("azurerm") || lower.starts_with("azuread") => Platform::Azure,
        () if lower.starts_with("kubernetes") || lower.starts_with("helm") => Platform::Kubernetes,
        () if lower.starts_with("aws") => Platform::Aws,
        () => return None,
    };
    Some((platform, format!("It stands in a resource {resource}.")))
}

/// What manifests and task definitions say themselves.
fn of_document(setting: Setting, text: &str) -> Option<Seen> {
    match setting {
        Setting::Kubernetes => Some(match holds(text, &["eks.amazonaws.com", ".dkr.ecr."]) {
            Some(mark) => (
                Platform::Eks,
                format!("It stands in a manifest of Kubernetes that speaks of AWS ({mark})."),
            ),
            None => (Platform::Kubernetes, "It stands in a manifest of Kubernetes.".into()),
        }),
        Setting::Settings | Setting::CloudFormation => {
            holds(text, &["containerDefinitions", "ContainerDefinitions"])
                .map(|_| (Platform::Ecs, "It stands in a task definition of ECS.".into()))
        }
        _ => None,
    }
}

/// What programs say themselves.
fn of_program(setting: Setting, text: &str) -> Option<Seen> {
    let Setting::Code(_) = setting else { return None };
    let handler = holds(
        text,
        &[
            "lambda_handler(",
            "exports.handler",
            "aws-lambda-go",
            "APIGatewayProxyHandler",
            "RequestHandler<",
            "Amazon.Lambda.Core",
            "lambda_runtime",
        ],
    )?;
    let handler = handler.trim_end_matches(['(', '<']);
    Some((Platform::Lambda, format!("The program has a handler of AWS Lambda ({handler}).")))
}

fn holds(text: &str, parts: &[&'static str]) -> Option<&'static str> {
    parts.iter().copied().find(|part| text.contains(part))
}

/// A file or folder whose name betrays the platform, with words that it must hold.
struct Mark {
    name: &'static str,
    holds: &'static [&'static str],
    /// What must stand beside it, as the name alone says little.
    beside: Option<&'static str>,
    platform: Platform,
}

const fn mark(name: &'static str, platform: Platform) -> Mark {
    Mark { name, holds: &[], beside: None, platform }
}

const fn mark_with(name: &'static str, holds: &'static [&'static str], platform: Platform) -> Mark {
    Mark { name, holds, beside: None, platform }
}

const FUNCTION: &[&str] = &["AWS::Serverless::Function", "AWS::Lambda::Function"];
const TASK: &[&str] = &["AWS::ECS::"];

/// What is looked for in the folders around a file, nearest folder first. Names may end in `*`.
static MARKS: &[Mark] = &[
    mark_with("serverless.yml", &["aws"], Platform::Lambda),
    mark_with("serverless.yaml", &["aws"], Platform::Lambda),
    mark("samconfig.toml", Platform::Lambda),
    mark("zappa_settings.json", Platform::Lambda),
    mark(".chalice", Platform::Lambda),
    mark_with("template.yaml", FUNCTION, Platform::Lambda),
    mark_with("template.yml", FUNCTION, Platform::Lambda),
    mark_with("template.yaml", TASK, Platform::Ecs),
    mark_with("template.yml", TASK, Platform::Ecs),
    mark("ecs-params.yml", Platform::Ecs),
    mark("taskdef.json", Platform::Ecs),
    mark("task-definition*", Platform::Ecs),
    mark("ecs-task*", Platform::Ecs),
    mark("copilot", Platform::Ecs),
    mark("appspec.yml", Platform::Ec2),
    mark(".ebextensions", Platform::Ec2),
    mark(".elasticbeanstalk", Platform::Ec2),
    mark("eksctl*", Platform::Eks),
    mark("vercel.json", Platform::Hoster("Vercel")),
    mark("netlify.toml", Platform::Hoster("Netlify")),
    mark("fly.toml", Platform::Hoster("Fly.io")),
    mark("render.yaml", Platform::Hoster("Render")),
    mark("railway.json", Platform::Hoster("Railway")),
    mark("railway.toml", Platform::Hoster("Railway")),
    mark("wrangler.toml", Platform::Hoster("Cloudflare Workers")),
    mark("wrangler.jsonc", Platform::Hoster("Cloudflare Workers")),
    mark("Procfile", Platform::Hoster("Heroku")),
    mark(".gcloudignore", Platform::GoogleCloud),
    mark_with("app.yaml", &["runtime:"], Platform::GoogleCloud),
    mark_with("host.json", &["\"version\""], Platform::Azure),
    mark("azure.yaml", Platform::Azure),
    mark_with("AndroidManifest.xml", &["<manifest"], Platform::Mobile),
    mark("pubspec.yaml", Platform::Mobile),
    mark_with("platformio.ini", &["[env"], Platform::Device),
    mark("Chart.yaml", Platform::Kubernetes),
    mark("kustomization.yaml", Platform::Kubernetes),
    Mark { beside: Some("Dockerfile"), ..mark("k8s", Platform::Kubernetes) },
    mark("ansible.cfg", Platform::Server),
];

fn of_surroundings(path: &str, around: &dyn Surroundings) -> Option<Seen> {
    for folder in folders(Path::new(path), around) {
        let names = around.names(folder);
        let found = MARKS.iter().find_map(|mark| {
            let name = named(&names, mark.name)?;
            mark.beside.is_none_or(|other| named(&names, other).is_some()).then_some(())?;
            let file = folder.join(name);
            let text = if mark.holds.is_empty() { None } else { around.text(&file) };
            let holds = |text: String| mark.holds.iter().any(|words| text.contains(words));
            (mark.holds.is_empty() || text.is_some_and(holds)).then_some((mark.platform, file))
        });
        if let Some((platform, file)) = found {
            let file = file.to_string_lossy().replace('\\', "/");
            return Some((platform, format!("{file} says that {} runs it.", described(platform))));
        }
    }
    None
}

fn described(platform: Platform) -> &'static str {
    match platform {
        Platform::Lambda => "AWS Lambda",
        Platform::Ec2 => "EC2",
        Platform::Ecs => "ECS",
        Platform::Eks => "EKS",
        Platform::Aws => "AWS",
        Platform::Kubernetes => "Kubernetes",
        Platform::Ci(service) => service.name(),
        Platform::Mobile => "a mobile app",
        Platform::Browser => "a browser",
        Platform::Device => "a device",
        Platform::Person => "a person's own computer",
        Platform::Server => "a server",
        Platform::GoogleCloud => "Google Cloud",
        Platform::Azure => "Azure",
        Platform::Hoster(name) => name,
        Platform::Unknown => "nobody",
    }
}
