//! A repository with secrets of many states: in files, taken out, in a message, encoded, excused, and a
//! name that would be markup.

use crate::common::repo::{BEN, Repo};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use blurt::rule::example::expand;

const GITHUB: &str = "<<ghp_[0-9A-Za-z]{30}|github>>";

/// The repository, and what must not be shown.
pub struct Planted {
    pub repo: Repo,
    secrets: Vec<String>,
}

impl Planted {
    pub fn new() -> Self {
        let mut planted = Self { repo: Repo::new(), secrets: Vec::new() };
        planted.repo.commit("CODEOWNERS", "/src/ @org/backend\n");
        let token = planted.secret(GITHUB);
        planted.repo.commit_as(&BEN, "config/gone.yml", format!("token: {token}\n"));
        planted.repo.commit("config/gone.yml", "token: none\n");
        let key = planted.secret("<<AKIA[A-Z2-7]{16}>>");
        planted.repo.commit("src/aws.py", format!("import boto3\nKEY = \"{key}\"\n"));
        let token = planted.secret(GITHUB);
        let encoded = BASE64_STANDARD.encode(format!("user:{token}:more"));
        planted.secrets.push(encoded.clone());
        planted.repo.commit(
            "src/é/<img src=x onerror=alert(1)>.yml",
            format!("a: {encoded}\nb: {token}\n"),
        );
        let token = planted.secret(GITHUB);
        planted.repo.write("notes.txt", "text");
        planted.repo.git(&["add", "notes.txt"]);
        planted.repo.commit_staged(&format!("Deploy with {token}"));
        let pem = planted.secret("<<@rsa-private-key>>");
        planted.repo.commit("keys/server.pem", pem);
        let token = planted.secret(GITHUB);
        let excuse = "# blurt:allow * -- issued for <b>tests</b> only";
        planted.repo.commit("tests/a.py", format!("token = \"{token}\"  {excuse}\n"));
        let token = planted.secret(GITHUB);
        planted
            .repo
            .write("new.py", format!("token = \"{token}\"  # blurt:allow without reason\n"));
        let password = planted.secret("<<[a-z][A-Z][0-9][a-z]{3}[0-9]{3}[A-Z]{2}[!#%]>>");
        planted.repo.write("db.py", format!("password = \"{password}\"\n"));
        // A word is below the threshold.
        planted.repo.write("word.py", "password = \"wintergarden\"\n");
        planted
    }

    fn secret(&mut self, template: &str) -> String {
        let secret = expand(template, 40_000 + self.secrets.len() as u64).unwrap();
        let lines = secret.lines().filter(|line| line.len() > 5 && !line.starts_with("-----"));
        self.secrets.extend(lines.map(str::to_owned));
        secret
    }

    /// No secret stands in a text.
    pub fn assert_masked(&self, name: &str, text: &str) {
        let shown = self.secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert!(shown.is_none(), "{name} shows {shown:?}");
    }
}
