//! The election against an API server in memory, in virtual time.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::Api;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::controller::fake_api::{FakeApi, Fault, Wire};

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases/warmlambda";
const TICK: Duration = Duration::from_millis(50);
const REQUEST: Duration = Duration::from_secs(10);
/// What is left of the last request of a leader that stopped by its deadline, when its lease has run out.
const QUIET: Duration = Duration::from_secs(5);
const DURATION: Duration = Duration::from_secs(15);
const RENEW: Duration = Duration::from_secs(10);
const RETRY: Duration = Duration::from_secs(2);

/// One process that stands for election.
struct Candidate {
    claim: watch::Receiver<Claim>,
    wire: Wire,
    release: oneshot::Sender<Release>,
    running: JoinHandle<Ended>,
}

impl Candidate {
    fn start(api: &FakeApi, identity: &str) -> Self {
        Self::start_after(api, identity, false)
    }

    /// The same where an operator is known to have been at work, or not.
    fn start_after(api: &FakeApi, identity: &str, inherited: bool) -> Self {
        let (client, wire) = api.client();
        let leases: Api<Lease> = Api::namespaced(client, "default");
        let election = Election {
            name: "warmlambda".into(),
            identity: identity.into(),
            lease_duration: DURATION,
            renew_deadline: RENEW,
            retry_period: RETRY,
            request_timeout: REQUEST,
        };
        let (sender, claim) = watch::channel(Claim::default());
        let (release, released) = oneshot::channel();
        let released = async move { released.await.unwrap_or(Release::InDoubt) };
        let running = tokio::spawn(async move { election.run(&leases, &sender, inherited, released).await });
        Self {
            claim,
            wire,
            release,
            running,
        }
    }

    fn epoch(&self) -> Option<Epoch> {
        self.claim.borrow().epoch().cloned()
    }
}

/// Lets virtual time pass until `done`, and sees to it that never two lead. Returns the time it took.
async fn until(candidates: &[&Candidate], limit: Duration, mut done: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() <= limit, "not within {limit:?}");
        let leaders = candidates.iter().filter(|c| c.epoch().is_some()).count();
        assert!(leaders <= 1, "{leaders} lead at once");
        sleep(TICK).await;
    }
    start.elapsed()
}

/// Two candidates of which the first leads.
async fn leader_and_follower(api: &FakeApi) -> (Candidate, Candidate) {
    let leader = Candidate::start(api, "leader");
    until(&[&leader], RETRY, || leader.epoch().is_some()).await;
    let follower = Candidate::start(api, "follower");
    until(&[&leader, &follower], DURATION * 2, {
        let start = Instant::now();
        move || start.elapsed() >= DURATION + RETRY
    })
    .await;
    (leader, follower)
}

#[tokio::test(start_paused = true)]
async fn of_ten_candidates_exactly_one_leads_in_each_of_twenty_rounds() {
    let api = FakeApi::default();
    let mut candidates: Vec<_> = (0..10).map(|n| Candidate::start(&api, &format!("candidate-{n}"))).collect();
    let mut epochs = Vec::new();
    for round in 0..20 {
        let all: Vec<_> = candidates.iter().collect();
        until(&all, RETRY * 2, || all.iter().any(|c| c.epoch().is_some())).await;
        let start = Instant::now();
        until(&all, DURATION * 2, || start.elapsed() > DURATION + RETRY).await;
        let leader = candidates.iter().position(|c| c.epoch().is_some()).unwrap();
        let leader = candidates.remove(leader);
        epochs.push(leader.epoch().unwrap());
        leader.release.send(Release::InGoodOrder).unwrap();
        assert_eq!(leader.running.await.unwrap(), Ended::Released);
        candidates.push(Candidate::start(&api, &format!("newcomer-{round}")));
    }
    let transitions: Vec<_> = epochs.iter().map(|e| e.transitions).collect();
    assert_eq!(transitions, (1..=20).collect::<Vec<_>>(), "every tenure is an epoch of its own");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_cut_off_stops_before_the_other_begins() {
    for fault in [Fault::Refused, Fault::Hanging, Fault::Unavailable] {
        let api = FakeApi::default();
        let (leader, follower) = leader_and_follower(&api).await;
        leader.wire.set(fault);
        let both = [&leader, &follower];
        let stopped = until(&both, RENEW, || leader.epoch().is_none()).await;
        assert!(
            stopped >= RENEW - RETRY,
            "{fault:?}: a short outage must not end a tenure, {stopped:?}"
        );
        assert!(follower.epoch().is_none());
        let taken = until(&both, DURATION + RETRY + QUIET, || follower.epoch().is_some()).await;
        assert!(
            stopped + taken >= DURATION - RETRY + QUIET,
            "{fault:?}: what the old leader sent last has time to arrive"
        );
        assert_eq!(leader.running.await.unwrap(), Ended::Lost, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_short_outage_ends_no_tenure() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    let epoch = leader.epoch();
    leader.wire.set(Fault::Refused);
    sleep(Duration::from_secs(6)).await;
    leader.wire.set(Fault::None);
    let start = Instant::now();
    until(&[&leader, &follower], DURATION * 3, || start.elapsed() > DURATION * 2).await;
    assert_eq!(leader.epoch(), epoch);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_is_lost_ends_no_tenure() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    let epoch = leader.epoch();
    for _ in 0..5 {
        leader.wire.set(Fault::AnswerLost);
        let start = Instant::now();
        until(&[&leader, &follower], DURATION, || start.elapsed() > RETRY * 3).await;
    }
    assert_eq!(leader.epoch(), epoch);
}

#[tokio::test(start_paused = true)]
async fn an_acquisition_whose_answer_is_lost_is_repeated_in_a_new_epoch() {
    let api = FakeApi::default();
    let candidate = Candidate::start(&api, "alone");
    candidate.wire.set(Fault::AnswerLost);
    until(&[&candidate], RETRY * 2, || candidate.epoch().is_some()).await;
    assert_eq!(candidate.epoch().unwrap().transitions, 2);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_lease_makes_no_second_leader() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    let epoch = leader.epoch().unwrap();
    api.delete(LEASE);
    let both = [&leader, &follower];
    until(&both, RETRY * 2, || leader.epoch().is_none()).await;
    until(&both, DURATION + RETRY * 2 + QUIET, || follower.epoch().is_some()).await;
    let new = follower.epoch().unwrap();
    assert!(
        new.transitions == epoch.transitions && new != epoch,
        "the same count under another uid is another epoch"
    );
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_somebody_rewrites_makes_no_second_leader() {
    for holder in ["", "follower", "nobody"] {
        let api = FakeApi::default();
        let (leader, follower) = leader_and_follower(&api).await;
        let mut rewritten = api.get(LEASE).unwrap();
        rewritten["spec"]["holderIdentity"] = holder.into();
        api.put(LEASE, rewritten);
        let both = [&leader, &follower];
        until(&both, RETRY * 2, || leader.epoch().is_none()).await;
        until(&both, DURATION + RETRY * 2 + QUIET, || follower.epoch().is_some()).await;
        assert_eq!(leader.running.await.unwrap(), Ended::Lost, "{holder:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_puts_the_duration_right_that_somebody_wrote() {
    let api = FakeApi::default();
    let (leader, _follower) = leader_and_follower(&api).await;
    let mut rewritten = api.get(LEASE).unwrap();
    rewritten["spec"]["leaseDurationSeconds"] = i32::MAX.into();
    api.put(LEASE, rewritten);
    until(&[&leader], RETRY * 3, || {
        api.get(LEASE).unwrap()["spec"]["leaseDurationSeconds"] == 15
    })
    .await;
    assert!(leader.epoch().is_some());
}

#[tokio::test(start_paused = true)]
async fn the_highest_count_of_transitions_is_followed_by_the_lowest() {
    let api = FakeApi::default();
    let spec = serde_json::json!({"leaseTransitions": i32::MAX});
    api.put(LEASE, serde_json::json!({"metadata": {"name": "warmlambda"}, "spec": spec}));
    let candidate = Candidate::start(&api, "alone");
    until(&[&candidate], RETRY * 2 + QUIET, || candidate.epoch().is_some()).await;
    assert_eq!(candidate.epoch().unwrap().transitions, 0, "the API server takes no negative number");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_stolen_ends_the_tenure_at_the_next_renewal() {
    let api = FakeApi::default();
    let (leader, _follower) = leader_and_follower(&api).await;
    let mut stolen = api.get(LEASE).unwrap();
    stolen["spec"]["holderIdentity"] = "thief".into();
    api.put(LEASE, stolen);
    until(&[&leader], RETRY * 2, || leader.epoch().is_none()).await;
    assert_eq!(leader.running.await.unwrap(), Ended::Lost);
}

#[tokio::test(start_paused = true)]
async fn every_process_ends_that_sees_the_lease_go_back_in_time() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    let backup = api.backup();
    sleep(DURATION).await;
    let epoch = leader.epoch();
    assert!(epoch.is_some());
    api.restore(backup);
    until(&[&leader, &follower], RETRY * 2, || {
        leader.running.is_finished() && follower.running.is_finished()
    })
    .await;
    for candidate in [leader, follower] {
        assert!(candidate.epoch().is_none(), "nothing may be sent any more");
        assert_eq!(candidate.running.await.unwrap(), Ended::WentBack);
    }
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_makes_a_lease_anew_in_a_restored_cluster_does_not_lead() {
    let api = FakeApi::default();
    let before = api.backup();
    let (leader, follower) = leader_and_follower(&api).await;
    leader.running.abort();
    api.restore(before);
    until(&[&follower], DURATION + RETRY * 2, || follower.running.is_finished()).await;
    assert_eq!(follower.running.await.unwrap(), Ended::WentBack);
}

#[tokio::test(start_paused = true)]
async fn a_follower_takes_a_released_lease_within_one_retry_period_without_a_pause() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    leader.release.send(Release::InGoodOrder).unwrap();
    assert_eq!(leader.running.await.unwrap(), Ended::Released);
    until(&[&follower], RETRY + TICK, || follower.epoch().is_some()).await;
}

#[tokio::test(start_paused = true)]
async fn a_follower_takes_over_from_a_killed_leader_within_lease_duration_and_retry_period() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    leader.running.abort();
    until(&[&follower], DURATION + RETRY * 2 + QUIET, || follower.epoch().is_some()).await;
    assert_eq!(follower.epoch().unwrap().transitions, 2);
}

#[tokio::test(start_paused = true)]
async fn a_candidate_that_is_told_to_stop_does_not_wait_for_the_lease() {
    let api = FakeApi::default();
    let (_leader, follower) = leader_and_follower(&api).await;
    follower.release.send(Release::InGoodOrder).unwrap();
    assert_eq!(follower.running.await.unwrap(), Ended::Released);
}

fn vanished(candidate: &Candidate) -> bool {
    candidate.claim.borrow().predecessor_vanished().is_some()
}

#[tokio::test(start_paused = true)]
async fn only_who_gets_the_lease_from_one_that_gave_it_back_knows_that_nothing_is_under_way() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    assert!(!vanished(&leader), "there was nobody before");
    leader.release.send(Release::InGoodOrder).unwrap();
    until(&[&follower], RETRY * 2, || follower.epoch().is_some()).await;
    assert!(!vanished(&follower));
    follower.running.abort();
    let third = Candidate::start(&api, "third");
    until(&[&third], DURATION * 2, || third.epoch().is_some()).await;
    assert!(vanished(&third));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_given_up_in_doubt_is_left_to_run_out() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    leader.release.send(Release::InDoubt).unwrap();
    assert_eq!(leader.running.await.unwrap(), Ended::Released);
    let taken = until(&[&follower], DURATION * 2, || follower.epoch().is_some()).await;
    assert!(taken >= DURATION - RETRY, "{taken:?}");
    assert!(vanished(&follower));
}

#[tokio::test(start_paused = true)]
async fn a_take_over_whose_answer_is_lost_is_one_all_the_same() {
    let api = FakeApi::default();
    let (leader, follower) = leader_and_follower(&api).await;
    leader.running.abort();
    // The answer to the only write that a follower makes.
    follower.wire.set(Fault::AnswerLost);
    let taken = until(&[&follower], DURATION * 2 + QUIET, || follower.epoch().is_some()).await;
    assert_eq!(follower.epoch().unwrap().transitions, 3, "the first try went through");
    assert!(vanished(&follower) && taken >= DURATION - RETRY + QUIET, "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_lease_where_an_operator_was_at_work_waits_until_that_one_must_have_ended() {
    let api = FakeApi::default();
    let candidate = Candidate::start_after(&api, "after", true);
    let taken = until(&[&candidate], RENEW * 3, || candidate.epoch().is_some()).await;
    assert!(taken >= RENEW + REQUEST && vanished(&candidate), "{taken:?}");
}

fn epoch(transitions: i32) -> Epoch {
    Epoch {
        lease_uid: "uid".into(),
        transitions,
    }
}

fn claim(transitions: i32) -> Claim {
    let now = Instant::now();
    Claim::new(epoch(transitions), now, now + RENEW)
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_one_tenure_is_not_sent_in_another() {
    let (sender, claimed) = watch::channel(claim(1));
    assert_eq!(while_held(&claimed, &epoch(1), async { "sent" }).await, Ok("sent"));
    // Lost, and won back.
    sender.send_replace(Claim::default());
    sender.send_replace(claim(2));
    let write = async { panic!("a plan of epoch 1 is sent in epoch 2") };
    assert_eq!(while_held(&claimed, &epoch(1), write).await, Err(Lost));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_frozen_for_longer_than_the_lease_sends_nothing_when_it_wakes() {
    let (_sender, claimed) = watch::channel(claim(1));
    advance(DURATION).await;
    let write = async { panic!("sent after the tenure") };
    assert_eq!(while_held(&claimed, &epoch(1), write).await, Err(Lost));
}

#[tokio::test(start_paused = true)]
async fn a_write_that_waits_for_its_turn_is_not_sent_when_the_process_was_frozen_meanwhile() {
    // Both the turn and the end of the tenure have come when it wakes: which of them it meets first must not matter.
    for _ in 0..50 {
        let (_sender, claimed) = watch::channel(claim(1));
        let first = epoch(1);
        let write = async {
            sleep(RETRY).await;
            panic!("sent after the tenure")
        };
        let mut waiting = std::pin::pin!(while_held(&claimed, &first, write));
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        advance(DURATION).await;
        assert_eq!(waiting.await, Err(Lost));
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_is_given_up_when_the_tenure_ends_and_awaited_when_it_is_prolonged() {
    let (sender, claimed) = watch::channel(claim(1));
    let first = epoch(1);
    let hanging = while_held(&claimed, &first, std::future::pending::<()>());
    assert_eq!(hanging.await, Err(Lost));

    sender.send_replace(claim(1));
    let slow = while_held(&claimed, &first, sleep(RENEW + RETRY));
    let renewal = async {
        sleep(RETRY).await;
        assert!(sender.send_if_modified(|c| c.extend(Instant::now() + RENEW * 2)));
    };
    assert_eq!(tokio::join!(slow, renewal).0, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_tenure_that_ended_is_not_prolonged_by_a_renewal_that_is_answered_late() {
    let mut ended = claim(1);
    advance(RENEW).await;
    assert!(!ended.extend(Instant::now() + RENEW));
    assert_eq!(ended.epoch(), None);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_the_last_leader_may_still_be_heard() {
    let now = Instant::now();
    let (_sender, claimed) = watch::channel(Claim::new(epoch(1), now + QUIET, now + QUIET * 2));
    assert!(!claimed.borrow().allows(&epoch(1)));
    assert_eq!(leading(claimed).await, Some(epoch(1)));
    assert!((QUIET..QUIET + TICK).contains(&now.elapsed()), "{:?}", now.elapsed());
}
