//! blurt finds the secrets that a code base blurts out, and says for each one what to do: remove,
//! replace or rotate it.
//!
//! ```text
//! source/ ──Chunk──▶ detect/ ──Candidate──▶ triage/ ──Finding──▶ remedy/ ──Finding+Remedy──▶ report/
//!                       ▲                                           ▲                          │
//!               rules/packs/*.toml                rules/{playbooks/,strategies,stores}.toml    ▼
//!                                                                               plan/, fix/, verify/
//! ```
//!
//! Folders are stages, files are the values that travel between them; data goes one way. The engine
//! is [`scan::scan`]; the command line only calls it.

pub mod blob;
pub mod ci;
pub mod cli;
pub mod clock;
pub mod config;
pub mod corpus;
pub mod coverage;
pub mod detect;
pub mod explain;
pub mod finding;
pub mod fix;
pub mod gate;
pub mod hook;
pub mod import;
pub mod kind;
pub mod plan;
pub mod remedy;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod triage;
pub mod verify;
