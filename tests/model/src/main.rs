//! Long run.
fn main() {}
