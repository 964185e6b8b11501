//! The charts, with both Helms: what they render, what they refuse, and that what is generated for them is up to date.
// Tests fail by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alerts;
mod chart_file;
mod flags;
mod generated;
mod helm;
mod matrix;
mod notes;
mod objects;
mod parent;
mod readme;
mod refusals;
mod rights;
mod schema;
mod values_file;
