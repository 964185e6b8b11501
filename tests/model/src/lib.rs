//! Model.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

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
