//! `blurt ci`, from end to end: repositories made by the real `git`, cloned as CI services clone them,
//! in the environments that these services document.
//!
//! - `gate/project.rs` has what is at the service, a developer, and the clones,
//! - `gate/run.rs` sets the environment, runs the gate and reads what it says,
//! - `gate/attacks.rs` has ways past the gate that were open once,
//! - `gate/blind.rs` takes away what the gate has to see,
//! - `gate/configuration.rs` and `gate/markers.rs` have changes that try to let themselves pass,
//! - `gate/requests.rs` and `gate/pushes.rs` bring secrets in, in many ways,
//! - `gate/services.rs` has one change at each service,
//! - `gate/output.rs` reads what people and programs are told.

// The tests speak of `file://` addresses as Unix has them, and give commands to a shell.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // a test may panic

#[path = "gate/attacks.rs"]
mod attacks;
#[path = "gate/blind.rs"]
mod blind;
mod common;
#[path = "gate/configuration.rs"]
mod configuration;
#[path = "gate/markers.rs"]
mod markers;
#[path = "gate/output.rs"]
mod output;
#[path = "gate/project.rs"]
mod project;
#[path = "gate/pushes.rs"]
mod pushes;
#[path = "gate/requests.rs"]
mod requests;
#[path = "gate/run.rs"]
mod run;
#[path = "gate/services.rs"]
mod services;

use blurt::rule::example::expand;

/// A line with token number `n` in it, of those below [`run::TOKENS`].
fn secret(n: u64) -> String {
    format!("t = \"{}\"\n", token(n))
}

fn token(n: u64) -> String {
    expand("<<ghp_[0-9A-Za-z]{30}|github>>", n).unwrap()
}
