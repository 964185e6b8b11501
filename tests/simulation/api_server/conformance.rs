//! The model against the real one.
