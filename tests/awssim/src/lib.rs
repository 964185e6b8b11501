//! awssim: AWS as the operator sees it, for tests and the demo.
//!
//! * [`world`] is pure and deterministic: accounts, functions, aliases, warm capacity, policies, APIs. Time is an argument.
//! * [`wire`] turns HTTP requests of the AWS SDKs into calls on the world and its answers into HTTP, in the real protocols.
//! * [`sim`] puts a clock, faults, quotas and the ledger around a world.
//! * [`control`] is what people and tests do with a simulation over HTTP, under `/_sim/`.
//! * [`server`] listens on a socket.
//!
//! Every behaviour cites a fact of `docs/aws.md` (AWS-n) or says in `docs/awssim.md` what was assumed.

pub mod control;
pub mod server;
pub mod sim;
pub mod wire;
pub mod world;
