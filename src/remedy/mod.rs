//! Stage 3: from a finding to what to do about it. The playbook of the finding's rule gives the verb
//! and the steps; what the secret says about itself may change the verb.

use crate::finding::{Finding, Status};
use crate::rule::{Action, RuleSet, Step};
use serde::Serialize;

/// What to do about one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// The verb.
    pub action: Action,
    /// What to do, in one sentence.
    pub summary: String,
    /// Why this and not something else.
    pub why: String,
    /// What to do, in order.
    pub steps: Vec<Instruction>,
    /// Where the provider explains it.
    pub references: Vec<String>,
}

/// One step, for this place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Instruction {
    /// What to do.
    #[serde(rename = "do")]
    pub what: String,
    /// The command that does it, if there is one.
    pub command: Option<String>,
}

impl Remedy {
    /// The remedy for `finding`, from the playbooks of `rules`.
    #[must_use]
    pub fn of(finding: &Finding, rules: &RuleSet) -> Self {
        let place = Place::of(finding);
        let Some(playbook) = rules.playbook(&finding.rule) else {
            return place.unknown();
        };
        let remedy = Self {
            action: playbook.action,
            summary: playbook.summary.clone(),
            why: playbook.why.clone(),
            steps: playbook.steps.iter().map(|step| place.instruction(step)).collect(),
            references: playbook.references.clone(),
        };
        if let Some(published) = finding.verification.published() {
            return place.published(remedy, published);
        }
        match finding.verification.status {
            Status::ChecksumInvalid => place.never_issued(remedy),
            Status::Expired => place.expired(remedy, finding),
            Status::Encrypted => Self {
                why: format!(
                    "{} A passphrase protects this copy, as long as it is not guessed.",
                    remedy.why
                ),
                ..remedy
            },
            _ => remedy,
        }
    }
}

/// What a playbook's text may refer to.
struct Place {
    path: String,
    line: String,
    title: String,
}

impl Place {
    fn of(finding: &Finding) -> Self {
        let primary = finding.primary();
        Self {
            path: crate::report::sanitize(&primary.name()).into_owned(),
            line: primary.start.line.to_string(),
            title: finding.rule.spec().name.clone(),
        }
    }

    fn fill(&self, text: &str) -> String {
        let text = text.replace("{path}", &self.path);
        text.replace("{line}", &self.line).replace("{title}", &self.title)
    }

    fn instruction(&self, step: &Step) -> Instruction {
        // A command is pasted into a shell: nothing of the scanned tree goes into it.
        Instruction { what: self.fill(&step.what), command: step.command.clone() }
    }

    fn expired(&self, remedy: Remedy, finding: &Finding) -> Remedy {
        let when = finding.verification.facts.get("expires").map_or("", String::as_str);
        let delete = Instruction {
            what: self.fill("Delete it from {path}; what still uses it fails already."),
            command: None,
        };
        Remedy {
            action: Action::Remove,
            summary: "Remove it: it has expired.".into(),
            why: format!(
                "It says of itself that it expired on {when}, so nothing can use it any more."
            ),
            steps: vec![delete],
            ..remedy
        }
    }

    /// A sample that everybody has: nothing to revoke, unless something trusts it.
    fn published(&self, remedy: Remedy, where_it_is: &str) -> Remedy {
        let trust = "Make sure that nothing takes it for valid: no account, no server, no list of \
                     trusted keys. Where something does, issue a credential of your own there, and \
                     take this one out.";
        let delete = self.fill("Take it out of {path}, or mark it there as the sample that it is.");
        Remedy {
            action: Action::Remove,
            summary: "Remove it: it is a published sample.".into(),
            why: format!("Everybody can read it at {where_it_is}, so it protects nothing."),
            steps: [trust.to_owned(), delete]
                .map(|what| Instruction { what, command: None })
                .into(),
            ..remedy
        }
    }

    /// The checksum says that nobody issued the token as it stands here.
    fn never_issued(&self, remedy: Remedy) -> Remedy {
        let look = self.fill(
            "Look at {path}, line {line}: an example that somebody made up, or a token with some \
             characters changed or masked?",
        );
        let replace = "An example: put in something that no one takes for a token, as YOUR_TOKEN.";
        let rotate = "A real one, changed in a few characters: they can be guessed. Follow the steps \
                      below.";
        let first = [look, replace.to_owned(), rotate.to_owned()];
        let first = first.map(|what| Instruction { what, command: None }).into_iter();
        Remedy {
            action: Action::Remove,
            summary: "Remove it: its checksum is wrong, so it was not issued like this.".into(),
            why: "The token carries a checksum of itself, and it does not fit.".into(),
            steps: first.chain(remedy.steps).collect(),
            ..remedy
        }
    }

    fn unknown(&self) -> Remedy {
        let revoke = "Revoke it where it was issued, and take it out of {path}.";
        Remedy {
            action: Action::Rotate,
            summary: "Revoke it, and keep its successor in a secrets store.".into(),
            why: "Whoever can read it can use it.".into(),
            steps: vec![Instruction { what: self.fill(revoke), command: None }],
            references: Vec::new(),
        }
    }
}
