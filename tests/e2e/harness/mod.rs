//! What the scenarios stand on.

pub mod aws;
pub mod control_plane;
pub mod endpoint;
pub mod http_api;
pub mod kubectl;
pub mod operator;
pub mod record;
pub mod records;
pub mod scenario;
pub mod traffic;
pub mod waiting;
