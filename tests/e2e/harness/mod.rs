//! What the scenarios stand on.

pub mod audit;
pub mod aws;
pub mod chart;
pub mod collector;
pub mod command;
pub mod control_plane;
pub mod endpoint;
pub mod helm;
pub mod http;
pub mod http_api;
pub mod kubectl;
pub mod kubelet;
pub mod operator;
pub mod record;
pub mod records;
pub mod scenario;
pub mod service_account;
pub mod traffic;
pub mod waiting;
