//! One hash for everything that makes a new version when it changes. Source: AWS-2.
//!
//! Environment variables hold secrets of others: they go into the hash and nowhere else.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::FunctionConfiguration;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Hash of code and settings, as 32 hexadecimal digits; equal for `$LATEST` and a version that was published from it.
///
/// Left out is what differs between the two or changes by itself: ARN, version, revision, dates, states, sizes, the resolved
/// VPC, SnapStart's optimization status, the patch level of the runtime; and the description, which names and changes nothing.
pub fn fingerprint(configuration: &FunctionConfiguration) -> String {
    let settings = Value::Array(vec![
        code(configuration),
        limits(configuration),
        network(configuration),
        surroundings(configuration),
    ]);
    let digest = Sha256::digest(settings.to_string());
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn code(c: &FunctionConfiguration) -> Value {
    let image = c.image_config_response().and_then(|r| r.image_config());
    json!([
        c.code_sha256(),
        c.package_type().map_or("Zip", |t| t.as_str()),
        c.runtime().map(|r| r.as_str()),
        c.handler(),
        // Layers are laid over each other in this order.
        c.layers().iter().map(|l| l.arn()).collect::<Vec<_>>(),
        sorted(c.architectures().iter().map(|a| a.as_str()), "x86_64"),
        image.map_or(&[][..], |i| i.entry_point()),
        image.map_or(&[][..], |i| i.command()),
        image.and_then(|i| i.working_directory()),
        c.signing_profile_version_arn(),
    ])
}

fn limits(c: &FunctionConfiguration) -> Value {
    let durable = c.durable_config();
    json!([
        c.memory_size(),
        c.timeout(),
        c.ephemeral_storage().map_or(512, |e| e.size()),
        c.snap_start().and_then(|s| s.apply_on()).map_or("None", |a| a.as_str()),
        durable.map(|d| json!([d.retention_period_in_days(), d.execution_timeout()])),
        c.tenancy_config().map(|t| t.tenant_isolation_mode().as_str()),
    ])
}

fn network(c: &FunctionConfiguration) -> Value {
    let vpc = c.vpc_config();
    let mut files: Vec<_> = c.file_system_configs().iter().map(|f| (f.local_mount_path(), f.arn())).collect();
    files.sort_unstable();
    json!([
        sorted(vpc.iter().flat_map(|v| v.subnet_ids()).map(String::as_str), ""),
        sorted(vpc.iter().flat_map(|v| v.security_group_ids()).map(String::as_str), ""),
        vpc.and_then(|v| v.ipv6_allowed_for_dual_stack()).unwrap_or(false),
        files,
    ])
}

fn surroundings(c: &FunctionConfiguration) -> Value {
    let variables: BTreeMap<_, _> = c.environment().and_then(|e| e.variables()).into_iter().flatten().collect();
    let logging = c.logging_config();
    json!([
        c.role(),
        // Variables under a key that the operator may not use show only in AWS's own hash, where it gives one.
        c.environment().and_then(|e| e.error()).and(c.config_sha256()),
        variables.into_iter().collect::<Vec<_>>(),
        c.kms_key_arn(),
        c.dead_letter_config().and_then(|d| d.target_arn()).filter(|arn| !arn.is_empty()),
        c.tracing_config().and_then(|t| t.mode()).map_or("PassThrough", |m| m.as_str()),
        logging.and_then(|l| l.log_format()).map_or("Text", |f| f.as_str()),
        logging.and_then(|l| l.application_log_level()).map(|l| l.as_str()),
        logging.and_then(|l| l.system_log_level()).map(|l| l.as_str()),
        logging.and_then(|l| l.log_group()),
    ])
}

/// In an order of their own, because AWS promises none; `otherwise` when there are none.
fn sorted<'a>(items: impl Iterator<Item = &'a str>, otherwise: &'a str) -> Vec<&'a str> {
    let mut items: Vec<_> = items.collect();
    if items.is_empty() && !otherwise.is_empty() {
        items.push(otherwise);
    }
    items.sort_unstable();
    items
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::builders::FunctionConfigurationBuilder;
    use aws_sdk_lambda::types::{
        Architecture, EnvironmentError, EnvironmentResponse, EphemeralStorage, LastUpdateStatus, Layer, PackageType, SnapStartApplyOn,
        SnapStartOptimizationStatus, SnapStartResponse, State, TracingConfigResponse, TracingMode, VpcConfigResponse,
    };

    use super::*;

    fn function() -> FunctionConfigurationBuilder {
        FunctionConfiguration::builder()
            .code_sha256("abc=")
            .handler("app.handler")
            .role("arn:aws:iam::111122223333:role/r")
            .memory_size(512)
            .timeout(3)
            .environment(EnvironmentResponse::builder().variables("A", "1").variables("B", "2").build())
            .vpc_config(VpcConfigResponse::builder().subnet_ids("s1").subnet_ids("s2").build())
    }

    #[test]
    fn a_version_has_the_fingerprint_of_the_latest_it_was_published_from() {
        let latest = function()
            .version("$LATEST")
            .revision_id("r1")
            .state(State::Active)
            .last_update_status(LastUpdateStatus::Successful)
            .tracing_config(TracingConfigResponse::builder().mode(TracingMode::PassThrough).build())
            .package_type(PackageType::Zip)
            .architectures(Architecture::X8664)
            .ephemeral_storage(EphemeralStorage::builder().size(512).build().unwrap());
        let version = function()
            .version("7")
            .revision_id("r2")
            .description("seventh")
            .last_modified("2026-01-01T00:00:00.000+0000")
            .vpc_config(VpcConfigResponse::builder().vpc_id("v").subnet_ids("s2").subnet_ids("s1").build())
            .snap_start(
                SnapStartResponse::builder()
                    .optimization_status(SnapStartOptimizationStatus::Off)
                    .build(),
            );
        assert_eq!(fingerprint(&latest.build()), fingerprint(&version.build()));
    }

    #[test]
    fn each_setting_that_makes_a_version_changes_it() {
        let env = |k: &str, v: &str| EnvironmentResponse::builder().variables(k, v).build();
        let variants = [
            function(),
            function().code_sha256("abd="),
            function().handler("app.other"),
            function().role("arn:aws:iam::111122223333:role/other"),
            function().memory_size(1024),
            function().timeout(4),
            function().environment(env("A", "1")),
            function().environment(env("A", "2")),
            function().environment(env("A1", "")),
            function().vpc_config(VpcConfigResponse::builder().subnet_ids("s1").security_group_ids("s2").build()),
            function()
                .layers(Layer::builder().arn("l1").build())
                .layers(Layer::builder().arn("l2").build()),
            function()
                .layers(Layer::builder().arn("l2").build())
                .layers(Layer::builder().arn("l1").build()),
            function().architectures(Architecture::Arm64),
            function().kms_key_arn("k"),
            function().ephemeral_storage(EphemeralStorage::builder().size(1024).build().unwrap()),
            function().tracing_config(TracingConfigResponse::builder().mode(TracingMode::Active).build()),
            function().snap_start(SnapStartResponse::builder().apply_on(SnapStartApplyOn::PublishedVersions).build()),
        ];
        let all: std::collections::BTreeSet<_> = variants.into_iter().map(|v| fingerprint(&v.build())).collect();
        assert_eq!(all.len(), 17);
    }

    #[test]
    fn a_change_of_variables_that_may_not_be_read_is_seen_in_the_hash_of_aws() {
        let denied = EnvironmentError::builder().error_code("AccessDeniedException").build();
        let hidden = EnvironmentResponse::builder().error(denied).build();
        let with = |hash: &str| fingerprint(&function().environment(hidden.clone()).config_sha256(hash).build());
        assert_ne!(with("h1"), with("h2"));
        assert_eq!(
            fingerprint(&function().config_sha256("h1").build()),
            fingerprint(&function().build())
        );
    }

    #[test]
    fn no_value_of_the_environment_can_be_read_from_it() {
        let secret = EnvironmentResponse::builder().variables("TOKEN", "deadbeef").build();
        let hash = fingerprint(&function().environment(secret).build());
        assert_eq!(hash.len(), 32);
        assert!(!hash.contains("deadbeef"));
    }
}
