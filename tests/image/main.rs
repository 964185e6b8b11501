//! The container image is what its page says, and works as a pod runs it.
//!
//! `make check-image` builds the image and runs these, as root and in a network namespace of their own: nothing but this machine
//! can be reached. They are ignored elsewhere, because a release build takes minutes.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bill;
mod harness;
mod layout;
mod names;
mod pod;
mod running;
mod tls;
mod what_is_in_it;
