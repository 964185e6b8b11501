//! `awssim --listen ADDR [--world FILE] [--clock real|scaled:N|manual]`.

fn main() {}
