//! The contract.

pub mod api;
