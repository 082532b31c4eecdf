//! A headless Chromium, by its `DevTools` protocol over pipes
//! (<https://chromedevtools.github.io/devtools-protocol/>): messages of JSON, each ended by a zero byte.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// A browser with one page.
pub struct Chromium {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    calls: u64,
    /// What the page told since it was opened, as `(method, parameters)`.
    events: Vec<(String, Value)>,
    _profile: TempDir,
}

impl Chromium {
    /// Starts it; `None` if it is not installed.
    pub fn start() -> Option<Self> {
        let found = Command::new("chromium").arg("--version").stdout(Stdio::null()).status();
        if !found.is_ok_and(|status| status.success()) {
            return None;
        }
        let profile = TempDir::new().unwrap();
        // The protocol is spoken on the descriptors 3 and 4.
        let command = "exec chromium \"$@\" 3<&0 4>&1 2>/dev/null";
        let mut process = Command::new("sh")
            .args(["-c", command, "sh", "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--no-first-run", "--disable-background-networking", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (calls, events) = (0, Vec::new());
        let mut browser =
            Self { process, input, output, session: None, calls, events, _profile: profile };
        let page = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let asked = json!({ "targetId": page["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", &asked);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Runs no script of pages from now on.
    pub fn forbid_scripts(&mut self) {
        self.call("Emulation.setScriptExecutionDisabled", &json!({ "value": true }));
    }

    /// Opens a file, at an anchor if there is one, and waits until it has loaded.
    pub fn open(&mut self, file: &Path, anchor: &str) {
        // The way from one anchor to another would load nothing.
        self.load("about:blank");
        self.load(&format!("file://{}{anchor}", file.display()));
    }

    fn load(&mut self, url: &str) {
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": url }));
        while !self.events.iter().any(|(method, _)| method == "Page.loadEventFired") {
            let event = self.read();
            self.note(event);
        }
    }

    /// What an expression of JavaScript means, once what it promises has come.
    pub fn ask(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let said = self.call("Runtime.evaluate", &asked);
        assert!(said.get("exceptionDetails").is_none(), "{expression}: {said}");
        said["result"]["value"].clone()
    }

    /// Types a text where the page has its focus.
    pub fn type_in(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Errors, warnings and other messages of the page.
    pub fn complaints(&self) -> Vec<&Value> {
        let is_one = |method: &str| {
            ["Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"]
                .contains(&method)
        };
        self.events.iter().filter(|(method, _)| is_one(method)).map(|(_, told)| told).collect()
    }

    /// The addresses that were asked for.
    pub fn requests(&self) -> Vec<&str> {
        let requests =
            self.events.iter().filter(|(method, _)| method == "Network.requestWillBeSent");
        requests.map(|(_, told)| told["request"]["url"].as_str().unwrap()).collect()
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.input.flush().unwrap();
        loop {
            let mut read = self.read();
            if read["id"] == self.calls {
                assert!(read.get("error").is_none(), "{method}: {read}");
                return read["result"].take();
            }
            self.note(read);
        }
    }

    fn note(&mut self, mut event: Value) {
        let method = event["method"].as_str().unwrap_or_default().to_owned();
        self.events.push((method, event["params"].take()));
    }

    fn read(&mut self) -> Value {
        let mut message = Vec::new();
        self.output.read_until(0, &mut message).unwrap();
        message.pop();
        serde_json::from_slice(&message).unwrap()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
