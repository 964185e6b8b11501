//! The files that decide, each as it stands in the operator.

pub use warmlambda_api::api;

/// What errors and exports of AWS mean.
pub mod aws {
    pub mod error;
    pub mod export;
    pub mod iam;
}

/// Who leads.
pub mod controller {
    /// By the lease.
    pub mod leader {
        pub mod decide;
    }
}

pub mod plan;
