//! The shipping plan, walked through every state that two operators, two endpoints, awssim and a number of accidents can get into.
// A harness fails by panicking, and the scene is shared with the properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::new_without_default)]

extern crate self as warmlambda;

#[path = "../../../src/api/mod.rs"]
pub mod api;
#[path = "../../../src/aws"]
pub mod aws {
    //! What is deployed, read as the operator reads it.
    pub mod export;
}
#[path = "../../../src/plan/mod.rs"]
pub mod plan;
#[path = "../../properties"]
pub mod shared {
    //! AWS as the operator reads and writes it, and the oracles that judge what it does there.
    pub mod cloud;
    pub mod foreign;
    pub mod oracle;
    pub mod scene;
    pub mod traffic;
}
pub use shared::{cloud, foreign, oracle, scene, traffic};
pub mod action;
pub mod canonical;
pub mod judge;
pub mod laws;
pub mod memo;
pub mod model;
pub mod rules;
pub mod setting;
pub mod state;
pub mod story;
pub mod tables;
pub mod variants;
