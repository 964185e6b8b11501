//! What the scenarios stand on.

pub mod control_plane;
pub mod kubectl;
pub mod waiting;
