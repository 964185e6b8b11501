//! Faults of the control plane.

pub mod fleet;
pub mod outages;
pub mod pods;
pub mod restored;
pub mod servers;
