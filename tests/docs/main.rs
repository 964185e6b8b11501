//! The documentation is true of the program, as far as a machine can tell.
//!
//! Generated parts are what the program prints, links lead somewhere, facts about AWS have a number and a test, manifests are taken
//! by the program or by a real API server, and the words of conditions are the program's.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod book;
mod commands;
mod facts;
mod generated;
mod harness;
mod links;
mod manifests;
mod pages;
mod reliability;
mod sources;
mod tests_by_name;
mod words;
