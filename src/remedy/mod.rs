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
        match finding.verification.status {
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
