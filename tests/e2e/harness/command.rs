//! A command as a person runs it: what it said, how it ended and how long that took.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::control_plane::control_plane;
use super::scenario::Scenario;

/// A command that has ended.
pub struct Ended {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// How long it ran.
    pub took: Duration,
}

impl Ended {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let start = Instant::now();
        let output = command.stdin(Stdio::null()).output().expect("the command runs");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            took: start.elapsed(),
        }
    }

    /// Fails the test unless it ended like this; answers it.
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.told());
        self
    }

    /// Everything about it, for the message of a failed test.
    pub fn told(&self) -> String {
        format!(
            "exit code {} after {:?}\nstandard output:\n{}\nstandard error:\n{}",
            self.code, self.took, self.out, self.err
        )
    }
}

/// Our program with nothing in its environment but a kubeconfig with all rights.
pub fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_warmlambda"));
    command
        .args(arguments)
        .env_clear()
        .env("KUBECONFIG", control_plane().kubeconfig())
        // Else the SDK asks a link-local address for credentials, for seconds.
        .env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Our program with the credentials of a scenario, in its namespace.
pub fn in_scenario(scenario: &Scenario, arguments: &[&str]) -> Command {
    let mut command = bare(arguments);
    command
        .args(["--namespace", &scenario.namespace])
        .env("AWS_ENDPOINT_URL", scenario.aws.url())
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "111122223333")
        .env("AWS_SECRET_ACCESS_KEY", "not-checked");
    command
}
