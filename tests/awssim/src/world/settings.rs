//! What may be set for a region: limits and durations, AWS's own by default.

use serde::{Deserialize, Serialize};

use super::Millis;

/// Limits and durations of one region. Every duration is in milliseconds of simulated time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// Concurrent executions of the account in this region (AWS-58).
    pub account_concurrency: u32,
    /// Executions that must stay unreserved (AWS-58).
    pub minimum_unreserved: u32,
    /// From the request for warm environments until the first one is allocated (AWS-26).
    pub allocation_delay_ms: Millis,
    /// Environments allocated a minute after that delay (AWS-26).
    pub environments_per_minute: u32,
    /// From `UpdateAlias` until the weight of the hidden canary shows on the alias (AWS-29).
    pub canary_delay_ms: Millis,
    /// How much longer than a plain allocation the new version of a moved alias takes to become warm (AWS-29: 6 to 8 minutes in all).
    pub canary_extra_ms: Millis,
    /// From the request until `FAILED` when the code cannot initialise (AWS-27).
    pub init_failure_ms: Millis,
    /// Until fewer environments than before, or those of a move that was taken back, are `READY`.
    pub release_ms: Millis,
    /// How long a new function stays `Pending` (AWS-6).
    pub create_ms: Millis,
    /// How long an update of code or configuration stays `InProgress` (AWS-5).
    pub update_ms: Millis,
    /// How long a version made by `PublishVersion` stays `Pending`; 0 as recorded for zip functions (AWS-8).
    pub version_pending_ms: Millis,
    /// Largest resource policy in bytes (AWS-41).
    pub policy_bytes: usize,
    /// How long reads of alias, provisioned concurrency and policy show the state before the last write (AWS-60).
    pub read_lag_ms: Millis,
    /// Two writes of one policy closer than this: the second starts from what the first one saw, whose change is lost (AWS-40). 0: never.
    pub policy_race_ms: Millis,
    /// How long a new event source mapping stays `Creating` (AWS-81).
    pub mapping_create_ms: Millis,
    /// How long a mapping stays `Updating`, `Enabling` or `Disabling` (AWS-81).
    pub mapping_update_ms: Millis,
    /// How long a mapping stays `Deleting` (AWS-81).
    pub mapping_delete_ms: Millis,
    /// How long after a move is through batches still reach the old target (AWS-87).
    pub mapping_old_target_ms: Millis,
    /// How long after a mapping stopped working its last result says so (AWS-93).
    pub mapping_result_ms: Millis,
    /// How long Lambda tries a mapping that cannot work before it disables it (AWS-94).
    pub mapping_disable_after_ms: Millis,
    /// How often a stream is polled; a record waits for the next poll (AWS-89).
    pub poll_interval_ms: Millis,
    /// How long after a mapping is `Enabled` anew polling begins (AWS-89).
    pub polling_gap_ms: Millis,
    /// Whether batches of streams that are in flight when their mapping is moved are delivered again (AWS-88).
    pub moved_batches_come_again: bool,
    /// Whether a function and its alias may both be mapped to one source; AWS does not say (AWS-85).
    pub mappings_unique_per_qualifier: bool,
    /// How long an on-demand environment without work is kept for the next request.
    pub idle_ms: Millis,
    /// From a change of an HTTP API until its stages with `autoDeploy` deploy it; at most 5 seconds as recorded (AWS-105).
    pub http_auto_deploy_ms: Millis,
    /// How long a deployment of an HTTP API stays `PENDING`; 0 as recorded (AWS-106).
    pub http_deployment_ms: Millis,
    /// Deployments of HTTP APIs end `FAILED` with this message; absent: they succeed.
    pub http_deployment_failure: Option<String>,
    /// Cold start of code that does not say `init: Nms`.
    pub init_ms: Millis,
    /// Duration of a request of code that does not say `duration: Nms`.
    pub duration_ms: Millis,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account_concurrency: 1000,
            minimum_unreserved: 100,
            allocation_delay_ms: 120_000,
            environments_per_minute: 6000,
            canary_delay_ms: 1000,
            canary_extra_ms: 240_000,
            init_failure_ms: 300_000,
            release_ms: 10_000,
            create_ms: 2000,
            update_ms: 2000,
            version_pending_ms: 0,
            policy_bytes: 20_480,
            read_lag_ms: 0,
            policy_race_ms: 0,
            mapping_create_ms: 20_000,
            mapping_update_ms: 10_000,
            mapping_delete_ms: 10_000,
            mapping_old_target_ms: 10_000,
            mapping_result_ms: 5000,
            mapping_disable_after_ms: 600_000,
            poll_interval_ms: 1000,
            polling_gap_ms: 2000,
            moved_batches_come_again: true,
            mappings_unique_per_qualifier: true,
            idle_ms: 300_000,
            http_auto_deploy_ms: 2000,
            http_deployment_ms: 0,
            http_deployment_failure: None,
            init_ms: 400,
            duration_ms: 50,
        }
    }
}

impl Settings {
    /// From the request until `environments` more are usable; none is before all are (AWS-26).
    pub fn allocation_ms(&self, environments: u32) -> Millis {
        let rate = u64::from(self.environments_per_minute.max(1));
        self.allocation_delay_ms + (u64::from(environments) * 60_000).div_ceil(rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_thousand_environments_take_a_minute_after_the_delay() {
        let settings = Settings::default();
        assert_eq!(settings.allocation_ms(6000), 180_000, "AWS-26");
        assert_eq!(settings.allocation_ms(1), 120_010, "AWS-26");
    }
}
