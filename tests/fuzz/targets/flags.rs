//! The command line, whose words come from values of a chart: durations, shares, numbers.

use std::time::Duration;

use clap::Parser;
use warmlambda::cli::Cli;

use crate::run::Target;

pub const TARGET: Target = Target {
    name: "flags",
    words: &[
        "--lease-duration",
        "--renew-deadline",
        "--retry-period",
        "--aws-quota-share",
        "--resync-interval",
        "--metrics-refresh",
        "\n",
        "=",
        "ms",
        "s",
        "m",
        "h",
        "15s",
        "1.5s",
        "0s",
        "18446744073709551615ms",
        "18446744073709551h",
        "-",
        "+",
        " ",
        "NaN",
        "inf",
        "0x10",
        "--",
    ],
    executions: 1_500,
    judge,
};

/// One word a line. The first one is the value that is judged.
fn judge(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let words: Vec<_> = text.lines().collect();
    let all = Cli::try_parse_from(["warmlambda", "run"].iter().chain(&words)).is_ok();
    let value = words.first().copied().unwrap_or_default();
    let flag = format!("--lease-duration={value}");
    let read = Cli::try_parse_from(["warmlambda", "run", &flag]).ok().map(|cli| match cli.command {
        warmlambda::cli::Command::Run(run) => run.leader.lease_duration,
        other => panic!("run is {other:?}"),
    });
    assert_eq!(read, expected(value), "{value:?}");
    format!("{all} {:?}", read.map(|duration| duration.as_millis().checked_ilog10()))
}

/// Digits and one of four units, up to what fits into 64 bits of milliseconds.
fn expected(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: u128 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        _ => return None,
    };
    // Leading zeros change nothing.
    let number = number.trim_start_matches('0');
    let number: u128 = match number.len() {
        0 if digits > 0 => 0,
        1..=30 => number.parse().unwrap(),
        _ => return None,
    };
    u64::try_from(number * unit).ok().map(Duration::from_millis)
}
