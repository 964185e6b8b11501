//! AWS is away for three hours, throttles, or lets nobody in.

use std::collections::BTreeMap;
use std::time::Duration;

use awssim::sim::quota;

use super::{Campaign, is_long};
use crate::clock;
use crate::fault::{At, Fault, Kind, Loss, on_aws};
use crate::fleet::{RATE, READS, moment, percentile, second, stage};
use crate::operator::Choices;
use crate::run::{Stage, on_paused_clock};

/// Longest time that a fleet may take to become Ready.
const PATIENCE: Duration = Duration::from_hours(2);

/// Calls a minute that ask, for all endpoints of a region together, whether it answers again: one in ten seconds, tried three times.
const ASKING_FOR_ALL: f64 = 18.0;

fn count() -> usize {
    if is_long() { 1000 } else { 16 }
}

/// The time that the fleet takes at least to be looked at once with the operator's share of AWS's quotas.
fn floor(count: usize) -> Duration {
    Duration::from_secs_f64(count as f64 * READS / RATE)
}

fn aws(name: &str) -> bool {
    name.contains(':')
}

#[test]
fn a_region_that_is_away_for_three_hours_comes_back_without_a_stampede() {
    let mut campaign = Campaign::new("a region is away for three hours", "R17");
    let count = count();
    let (outcome, seen) = on_paused_clock(async {
        let mut stage = stage(count, &[], &[], Choices::default()).await;
        assert!(stage.until(PATIENCE, |stage| stage.all_ready(count)).await, "a fleet becomes Ready");
        stage.pass(Duration::from_mins(20)).await;
        let (began, hour) = (second(), 3600);
        let phases = [Kind::Refused, Kind::Unavailable, Kind::Lost(Loss::Hang)];
        for (n, kind) in (0..).zip(&phases) {
            let fault = on_aws(began + n * hour, began + (n + 1) * hour, kind);
            fault.into_iter().for_each(|fault| stage.wire.add(fault));
        }
        let before = good(&stage);
        stage
            .until(Duration::from_secs(3 * hour) - Duration::from_millis(1), |_| false)
            .await;
        let kept = before == good(&stage);
        let (said, calls) = (said_unreachable(&stage, began), calls_between(&stage, began, began + 3 * hour));
        stage.until(Duration::from_millis(1), |_| false).await;
        let back = clock::elapsed();
        let all = stage.until(PATIENCE, |stage| stage.all_ready(count)).await;
        let late = stage.ready_since().values().copied().max().unwrap_or_default().saturating_sub(back);
        (stage.end(), (all, late, said, calls, kept))
    });
    let (all, late, said, calls, kept) = seen;
    let replay = "cargo test --test simulation a_region_that_is_away -- --nocapture";
    let per_minute = calls as f64 / count as f64 / 180.0;
    let floor = floor(count);
    campaign.note(format!(
        "{count} endpoints; {per_minute:.2} calls an endpoint and minute; all Ready {late:.0?} after it, floor {floor:.0?}"
    ));
    let (first, from_first_failure) = (said.first, said.after_first_failure);
    campaign.note(format!(
        "the first says AwsUnavailable after {first:.0?}, each at most {from_first_failure:.0?} after its first look that failed"
    ));
    for (broken, text) in [
        (!all, "not all are Ready after it".to_owned()),
        (
            late > floor + Duration::from_mins(1),
            format!("all Ready {late:?} after it, floor {floor:?}"),
        ),
        (
            per_minute > 2.0 + ASKING_FOR_ALL / count as f64,
            format!("{per_minute} calls an endpoint and minute"),
        ),
        (first > Duration::from_secs(90), format!("nobody says AwsUnavailable for {first:?}")),
        (
            from_first_failure > Duration::from_secs(90),
            format!("AwsUnavailable only {from_first_failure:?} after the first look that failed"),
        ),
        (!kept, "what was known is not kept".to_owned()),
        (said.who < count, format!("{} of {count} say AwsUnavailable", said.who)),
    ] {
        if broken {
            campaign.accuse(text, replay);
        }
    }
    campaign.take(outcome, replay);
    campaign.end();
}

/// What each endpoint says of versions and capacity.
fn good(stage: &Stage) -> Vec<(String, String)> {
    let facts = |o: &serde_json::Value| {
        (
            o["status"]["functionVersion"].to_string(),
            o["status"]["provisionedConcurrency"].to_string(),
        )
    };
    stage
        .wire
        .api
        .look(|objects| objects.of("warmlambdaendpoints").map(facts).collect())
}

struct Said {
    /// Until the first endpoint said so.
    first: Duration,
    /// The longest time from a look that failed until the endpoint said so.
    after_first_failure: Duration,
    /// How many said so.
    who: usize,
}

/// When endpoints said that AWS does not answer.
fn said_unreachable(stage: &Stage, began: u64) -> Said {
    let began = Duration::from_secs(began);
    let mut first: BTreeMap<String, Duration> = BTreeMap::new();
    for (at, name, _, reason) in &stage.wire.judge().story {
        if reason == "AwsUnavailable" && *at >= began {
            first.entry(name.clone()).or_insert(*at - began);
        }
    }
    let start = stage.wire.calls().first().map_or(0, |call| call.at);
    let failed = stage.wire.failing_since(moment(start, began));
    // Who never failed was told by those that did.
    let behind = first
        .iter()
        .filter_map(|(name, said)| Some(said.saturating_sub(*failed.get(name)?)));
    Said {
        first: first.values().min().copied().unwrap_or(Duration::MAX),
        after_first_failure: behind.max().unwrap_or_default(),
        who: first.len(),
    }
}

fn calls_between(stage: &Stage, from: u64, until: u64) -> usize {
    let start = stage.wire.calls().first().map_or(0, |call| call.at);
    let (from, until) = (moment(start, Duration::from_secs(from)), moment(start, Duration::from_secs(until)));
    stage.wire.count(|call| aws(&call.name) && (from..until).contains(&call.at))
}

#[test]
fn a_tenth_of_the_quotas_is_enough_and_costs_hardly_more_calls() {
    let mut campaign = Campaign::new("throttling at a tenth of the quotas", "R16");
    let count = if is_long() { 300 } else { 100 };
    let mut totals = Vec::new();
    for scale in [1.0, 0.1] {
        let (outcome, seen) = on_paused_clock(async {
            let mut stage = stage(count, &[], &[], Choices::default()).await;
            stage.wire.sim.set_quotas(quota::Settings { enabled: true, scale });
            let all = stage.until(PATIENCE * 2, |stage| stage.all_ready(count)).await;
            let late = stage.ready_since().values().copied().max().unwrap_or_default();
            // A run that takes longer looks again at what is Ready: that is not what throttling costs.
            let (ready, start) = (stage.ready_since(), stage.wire.calls()[0].at);
            let calls = stage.wire.count(|call| {
                let until = call.function.as_ref().and_then(|function| ready.get(function));
                until.is_some_and(|until| call.at <= moment(start, *until))
            });
            let throttled = stage.wire.count(|call| call.code == Some(429));
            let terminal = stage
                .wire
                .judge()
                .story
                .iter()
                .filter(|(_, _, _, reason)| reason == "InvalidRequest")
                .count();
            (stage.end(), (all, late, calls, throttled, terminal))
        });
        let (all, late, calls, throttled, terminal) = seen;
        let replay = "cargo test --test simulation a_tenth_of_the_quotas -- --nocapture";
        campaign.note(format!("{count} endpoints at {scale} of the quotas: {calls} calls until each is Ready, {throttled} throttled, all Ready after {late:.0?}"));
        if !all || terminal > 0 {
            campaign.accuse(
                format!("at {scale} of the quotas: all Ready {all}, {terminal} errors shown as terminal"),
                replay,
            );
        }
        totals.push(calls);
        campaign.take(outcome, replay);
    }
    if totals[1] as f64 > totals[0] as f64 * 1.10 {
        campaign.accuse(
            format!("{} calls instead of {}", totals[1], totals[0]),
            "cargo test --test simulation a_tenth_of_the_quotas",
        );
    }
    campaign.end();
}

#[test]
fn credentials_that_expire_and_come_back_need_nobody() {
    let mut campaign = Campaign::new("credentials expire and come back; access is denied now and then", "R18");
    let replay = "cargo test --test simulation credentials_that_expire -- --nocapture";
    let (mut longest, runs) = (Duration::ZERO, if is_long() { 200 } else { 6 });
    for n in 0..runs {
        let kind = [Kind::Expired, Kind::Denied][n % 2].clone();
        // Away for half a minute to half an hour, from some moment of the first passes on.
        let (from, lasts) = (1 + n as u64 % 40, [30, 200, 900, 1800][n / 2 % 4]);
        let (outcome, seen) = on_paused_clock(async {
            let mut stage = stage(3, &[], &on_aws(from, from + lasts, &kind), Choices::default()).await;
            stage.step = Duration::from_millis(500);
            stage.pass(Duration::from_secs(from + lasts)).await;
            let back = clock::elapsed();
            let named = names_the_action(&stage, from);
            let all = stage.until(PATIENCE, |stage| stage.all_ready(3)).await;
            let late = stage.ready_since().values().copied().max().unwrap_or_default().saturating_sub(back);
            (stage.end(), (all, late, named))
        });
        let (all, late, named) = seen;
        // Fifteen seconds, and then the way of an endpoint that is made anew: an alias, its capacity, and a look that it is warm. A right
        // that is missing is looked for slowly, because only a person gives it.
        let patience = if kind == Kind::Denied {
            PATIENCE
        } else {
            Duration::from_secs(15 + 20)
        };
        if !all || late > patience {
            campaign.accuse(
                format!("{kind:?} from {from} s for {lasts} s: all Ready {all}, {late:?} after it"),
                replay,
            );
        }
        if kind == Kind::Denied && lasts > 30 && !named {
            campaign.accuse(format!("{kind:?} from {from} s for {lasts} s: no status names the action"), replay);
        }
        if kind == Kind::Expired {
            longest = longest.max(late);
        }
        campaign.take(outcome, replay);
    }
    campaign.note(format!("Ready at most {longest:.0?} after credentials are back"));
    campaign.end();
}

/// Whether every endpoint that was denied something since then says what: who was warm already is looked at every five minutes only.
fn names_the_action(stage: &Stage, from: u64) -> bool {
    let start = stage.wire.calls().first().map_or(0, |call| call.at);
    let failed = stage.wire.failing_since(moment(start, Duration::from_secs(from)));
    let named = |o: &serde_json::Value| {
        let conditions = o["status"]["conditions"].to_string();
        let function = o["spec"]["functionName"].as_str().unwrap_or_default();
        !failed.contains_key(function)
            || (conditions.contains("AccessDenied") && (conditions.contains("lambda:") || conditions.contains("sts:")))
    };
    stage.wire.api.look(|objects| objects.of("warmlambdaendpoints").all(named))
}

#[test]
fn bad_endpoints_do_not_slow_the_good_ones() {
    let mut campaign = Campaign::new(
        "one endpoint that does not parse and many that fail for ever among good ones",
        "R22",
    );
    let (good, bad) = if is_long() { (900, 100) } else { (45, 5) };
    let replay = "cargo test --test simulation bad_endpoints -- --nocapture";
    let mut slowest = Vec::new();
    for bad in [0, bad] {
        let missing = |n: usize| {
            (
                format!("bad-{n:03}"),
                serde_json::json!({"functionName": format!("missing-{n}"), "provisionedConcurrency": 1}),
            )
        };
        let mut others: Vec<_> = (0..bad).map(missing).collect();
        if bad > 0 {
            others.push((
                "undecodable".into(),
                serde_json::json!({"functionName": "f", "deletionPolicy": "Archive"}),
            ));
        }
        let (outcome, seen) = on_paused_clock(async {
            let mut stage = stage(good, &others, &[], Choices::default()).await;
            let all = stage.until(PATIENCE, |stage| stage.all_ready(good)).await;
            let ready = stage.ready_since().into_values().collect();
            (stage.end(), (all, percentile(ready, 99)))
        });
        if !seen.0 {
            campaign.accuse("not all good ones are Ready".into(), replay);
        }
        slowest.push(seen.1);
        campaign.take(outcome, replay);
    }
    campaign.note(format!(
        "p99 of {good} good ones: {:.0?} alone, {:.0?} beside {bad} bad ones",
        slowest[0], slowest[1]
    ));
    if slowest[1] > slowest[0].mul_f64(1.2) {
        campaign.accuse(format!("p99 {:?} instead of {:?}", slowest[1], slowest[0]), replay);
    }
    campaign.end();
}

#[test]
fn reads_that_are_behind_make_nothing_twice() {
    use awssim::sim::fault::Fault as Stale;
    use awssim::sim::{Matching, Rule};
    let mut campaign = Campaign::new("reads that are behind by up to a minute", "R20");
    let scenarios = crate::scenario::all();
    let behind: &[u64] = if is_long() {
        &[500, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000]
    } else {
        &[2_000, 60_000]
    };
    for scenario in &scenarios {
        for milliseconds in behind {
            let replay = format!(
                "STALE={milliseconds} SCENARIO={} cargo test --test simulation reads_that_are_behind",
                scenario.name
            );
            let asked = |name: &str, value: &str| std::env::var(name).is_ok_and(|asked| asked != value);
            if asked("STALE", &milliseconds.to_string()) || asked("SCENARIO", scenario.name) {
                continue;
            }
            let rule = Rule {
                matching: Matching {
                    write: Some(false),
                    ..Matching::default()
                },
                skip: 0,
                times: None,
                fault: Stale::Stale {
                    milliseconds: *milliseconds,
                },
            };
            campaign.take(
                crate::run::play_behind(scenario, rule, Duration::from_millis(*milliseconds)),
                &replay,
            );
        }
    }
    campaign.end();
}

#[test]
fn half_of_all_calls_may_fail_for_ten_minutes() {
    let mut campaign = Campaign::new("half of all calls fail in every way for ten minutes", "R4");
    let kinds = [
        Kind::Unavailable,
        Kind::Lost(Loss::Reset),
        Kind::Throttled,
        Kind::Late(20_000),
        Kind::CrashAfter,
        Kind::Twice,
    ];
    for scenario in crate::scenario::all().iter().take(if is_long() { usize::MAX } else { 1 }) {
        for kind in &kinds {
            let fault = Fault {
                at: At::Some(String::new(), 0, 600, if *kind == Kind::CrashAfter { 3 } else { 50 }),
                kind: kind.clone(),
            };
            campaign.play(&super::Case {
                scenario: scenario.name.into(),
                faults: vec![fault],
            });
        }
    }
    campaign.end();
}
