//! A made-up organisation: five services, their delivery and their servers in one repository, with
//! some hundred secrets in its past, in what it has not pushed yet and in what nobody has committed.

use crate::common::repo::{ANN, BEN, Repo};
use crate::common::{Said, run};
use blurt::rule::example::expand;
use std::path::PathBuf;

pub struct Organisation {
    pub repo: Repo,
    /// All that was planted.
    pub values: Vec<String>,
}

const AWS_KEY: &str = "<<AKIA[A-Z2-7]{16}>>";
const AWS_SECRET: &str = "<<[0-9A-Za-z/+]{40}>>";
const PASSWORD: &str = "<<[a-z]{3}[A-Z]{3}[0-9]{3}[a-z]{4}[0-9]{2}[A-Z]{2}>>";
const GITHUB: &str = "<<ghp_[0-9A-Za-z]{30}|github>>";
const SENDGRID: &str = "<<SG\\.[0-9A-Za-z_-]{22}\\.[0-9A-Za-z_-]{43}>>";
const STRIPE: &str = "<<sk_live_[0-9A-Za-z]{24}>>";
const STRIPE_TEST: &str = "<<sk_test_[0-9A-Za-z]{24}>>";
const GOOGLE: &str = "<<GOCSPX-[0-9A-Za-z_-]{28}>>";
const OPENAI: &str = "<<sk-proj-[0-9A-Za-z]{74}T3BlbkFJ[0-9A-Za-z]{74}>>";
const SLACK: &str = "<<xoxb-[1-9][0-9]{11}-[1-9][0-9]{11}-[0-9A-Za-z]{24}>>";
const NPM: &str = "<<npm_[0-9A-Za-z]{30}|github>>";
const SSH: &str = "<<@openssh-private-key>>";
const TLS: &str = "<<@pkcs8-private-key>>";
const JWT: &str = "<<@expired-jwt>>";
const SESSION_KEY: &str = "<<[a-z0-9]{50}>>";

impl Organisation {
    /// Plants it.
    pub fn plant() -> Self {
        let mut it = Self { repo: Repo::new(), values: Vec::new() };
        it.manifests();
        for module in 0..12 {
            it.services(module);
        }
        it.delivery();
        it.repo.git_as(&BEN, &["add", "-A"]);
        it.repo.git_as(&BEN, &["commit", "-q", "-m", "All that there was"]);
        // What was taken out again is in the past alone.
        for module in 9..12 {
            for folder in ["checkout/src", "search/internal"] {
                it.repo.git(&["rm", "-q", "-r", &format!("services/{folder}/m{module}")]);
            }
        }
        it.repo.git(&["commit", "-q", "-m", "Take modules out"]);
        it.repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        for module in 20..26 {
            it.services(module);
        }
        it.repo.git_as(&ANN, &["add", "-A"]);
        it.repo.git_as(&ANN, &["commit", "-q", "-m", "Not pushed yet"]);
        for module in 30..33 {
            it.services(module);
        }
        it
    }

    pub fn blurt(&self, args: &[&str]) -> Said {
        run(self.repo.path(), args)
    }

    /// Where the report is that tests plan from.
    pub fn report(&self) -> PathBuf {
        self.repo.parent().join("report.json")
    }

    /// A value of a pattern, another one each time.
    fn value(&mut self, pattern: &str) -> String {
        let value = expand(pattern, self.values.len() as u64 + 1).unwrap();
        self.values.push(value.clone());
        value
    }

    fn manifests(&self) {
        let write = |path: &str, text: &str| self.repo.write(path, text);
        write("services/checkout/pyproject.toml", "[project]\nname = \"checkout\"\n");
        write("services/checkout/serverless.yml", "service: checkout\nprovider:\n  name: aws\n");
        write("services/billing/pom.xml", "<project><artifactId>billing</artifactId></project>\n");
        write("services/billing/taskdef.json", "{\"containerDefinitions\": []}\n");
        write("services/search/go.mod", "module example.org/acme/search\n");
        write("services/search/eksctl.yaml", "apiVersion: eksctl.io/v1alpha5\n");
        write("services/gateway/package.json", "{\"name\": \"@acme/gateway\"}\n");
        write("services/gateway/fly.toml", "app = \"gateway\"\n");
        write("apps/phone/package.json", "{\"name\": \"mobile-app\"}\n");
        let owners = "* @acme/platform\n/services/billing/ @acme/payments\n/services/search/\n";
        write(".github/CODEOWNERS", owners);
    }

    /// One module of each service.
    fn services(&mut self, n: usize) {
        let (key, secret, pay) = (self.value(AWS_KEY), self.value(AWS_SECRET), self.value(STRIPE));
        let mail = self.value(SENDGRID);
        self.repo.write(
            &format!("services/checkout/src/m{n}/settings.py"),
            format!(
                "import stripe\n\nAWS_ACCESS_KEY_ID = \"{key}\"\nAWS_SECRET_ACCESS_KEY = \"{secret}\"\n\
                 stripe.api_key = \"{pay}\"\nSENDGRID_API_KEY = \"{mail}\"\n"
            ),
        );
        let (database, admin) = (self.value(PASSWORD), self.value(PASSWORD));
        self.repo.write(
            &format!("services/billing/src/main/resources/m{n}/application-prod.properties"),
            format!(
                "spring.datasource.url=jdbc:postgresql://db{n}.internal.example/billing\n\
                 spring.datasource.username=billing\nspring.datasource.password={database}\n"
            ),
        );
        self.repo.write(
            &format!("services/billing/src/main/resources/m{n}/report.yml"),
            format!(
                "report:\n  url: postgres://postgres:{admin}@billing{n}.abc.eu-west-1.rds.amazonaws.com/billing\n"
            ),
        );
        let (token, chat) = (self.value(GITHUB), self.value(SLACK));
        self.repo.write(
            &format!("services/search/internal/m{n}/config.go"),
            format!(
                "package m{n}\n\nconst githubToken = \"{token}\"\nvar slackToken = \"{chat}\"\n"
            ),
        );
        let (model, client) = (self.value(OPENAI), self.value(GOOGLE));
        self.repo.write(
            &format!("services/gateway/src/m{n}/staging.ts"),
            format!("export const openaiKey = \"{model}\";\nexport const googleClientSecret = \"{client}\";\n"),
        );
        let (phone, test) = (self.value(SENDGRID), self.value(STRIPE_TEST));
        self.repo
            .write(&format!("apps/phone/ios/M{n}.swift"), format!("let mailKey = \"{phone}\"\n"));
        self.repo.write(
            &format!("services/gateway/tests/m{n}.test.ts"),
            format!("const stripeKey = \"{test}\";\n"),
        );
        let mail = self.value(PASSWORD);
        self.repo.write(
            &format!("services/gateway/dev/.env.m{n}"),
            format!("SMTP_HOST=mail.example\nSMTP_PASSWORD={mail}\n"),
        );
        let django = self.value(SESSION_KEY);
        self.repo.write(
            &format!("services/checkout/web/m{n}/app.py"),
            format!("SECRET_KEY = \"{django}\"\n"),
        );
    }

    /// Pipelines, infrastructure, servers.
    fn delivery(&mut self) {
        for n in 0..8 {
            let (key, npm) = (self.value(AWS_KEY), self.value(NPM));
            self.repo.write(
                &format!(".github/workflows/deploy{n}.yml"),
                format!("env:\n  AWS_ACCESS_KEY_ID: {key}\n  NPM_TOKEN: {npm}\n"),
            );
            let (master, host) = (self.value(PASSWORD), self.value(SSH));
            self.repo.write(
                &format!("infra/prod/db{n}.tf"),
                format!("resource \"aws_db_instance\" \"db{n}\" {{\n  username = \"acme\"\n  password = \"{master}\"\n}}\n"),
            );
            self.repo.write(&format!("ops/ansible/files/host{n}"), host + "\n");
            let (tls, token) = (self.value(TLS), self.value(JWT));
            self.repo.write(&format!("ops/tls/host{n}.key"), tls + "\n");
            self.repo
                .write(&format!("docs/api{n}.md"), format!("    Authorization: Bearer {token}\n"));
        }
        self.repo.write("ops/ansible/ansible.cfg", "[defaults]\n");
    }
}
