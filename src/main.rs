//! Wires the operator together and runs it.

fn main() {}
