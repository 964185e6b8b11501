//! The operator on a paused clock: the shipping controller and the shipping clients of AWS and Kubernetes on transports in memory, one
//! thread, seeded; with everything that may go wrong between two calls, and a judge that looks at every write. `README.md` tells more.
// A test fails by panicking, with a message that says what was expected.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api_server;
mod campaigns;
mod clock;
mod fault;
mod fleet;
mod harness;
mod judge;
mod operator;
mod people;
#[path = "../revision/mod.rs"]
mod revision;
mod run;
mod scenario;
mod wire;

/// The place and the oracle of the properties, of which not all is needed here.
#[allow(dead_code)]
#[path = "../properties"]
mod properties {
    pub mod oracle;
    pub mod scene;
}

use properties::{oracle, scene};
