//! What CloudWatch and SQS say, against awssim: which way requests came, how long capacity was unused, where failed messages wait.

use std::collections::BTreeSet;
use std::time::Duration;

use awssim::server::Server;
use awssim::sim::fault::{Fault, Matching, Rule};
use awssim::sim::ledger::Filter;
use awssim::world::Invoker;
use awssim::world::queue::{Queue, Redrive};

use super::simulated::{ACCOUNT, REGION, world};
use crate::aws::Cloud;
use crate::aws::clients::Aws;
use crate::plan::subject::Subject;
use crate::plan::usage::QueueUsage;

const ORDERS: &str = "arn:aws:sqs:eu-west-1:111122223333:orders";
const FAILED: &str = "arn:aws:sqs:eu-west-1:111122223333:failed";

fn subject() -> Subject {
    Subject {
        function: "fir-api".into(),
        alias: "live".into(),
        ..Subject::default()
    }
}

fn asked(server: &Server, operation: &str) -> usize {
    let ledger = server.sim.ledger(&Filter::default());
    ledger.iter().filter(|entry| entry.operation == operation).count()
}

/// An alias with two warm environments, and then some calls of it and of the function itself.
async fn called(alias: usize, function: usize) -> (Server, Aws) {
    let (server, aws, _) = world().await;
    server.sim.with_region(ACCOUNT, REGION, |region, _| {
        region.publish_version("fir-api", None, None, None).unwrap();
        region.create_alias("fir-api", "live", "1", Default::default(), "").unwrap();
        region.put_provisioned_concurrency_config("fir-api", "live", 2).unwrap();
    });
    server.sim.advance(Duration::from_mins(10));
    server.sim.with_region(ACCOUNT, REGION, |region, now| {
        let qualifiers = std::iter::repeat_n(Some("live"), alias).chain(std::iter::repeat_n(None, function));
        for (n, qualifier) in qualifiers.enumerate() {
            let at = now + 1000 * u64::try_from(n).unwrap();
            region.invoke(at, "fir-api", qualifier, &Invoker::Direct).unwrap();
        }
    });
    server.sim.advance(Duration::from_mins(4));
    (server, aws)
}

#[tokio::test]
async fn requests_through_the_alias_are_told_from_all_requests_of_the_function() {
    let (_server, aws) = called(3, 2).await;
    let usage = aws.usage(REGION, &[subject()]).await.unwrap().remove(0);
    assert_eq!((usage.invocations, usage.warm), (Some(3.0), Some(3.0)));
    assert_eq!(usage.of_function, Some(5.0));
    let window = usage.sampled.as_second() - usage.since.as_second();
    assert!(
        (720..780).contains(&window),
        "ten minutes and the two that may be missing: {window}"
    );
}

#[tokio::test]
async fn the_busiest_hour_of_the_last_six_is_found_and_an_older_one_is_not() {
    let (server, aws) = called(1, 0).await;
    let aliases = ["live", "other"].map(|alias| ("fir-api".to_owned(), alias.to_owned()));
    let long = aws.long_utilization(REGION, &aliases).await.unwrap();
    assert_eq!((long[0].busiest, long[1].busiest), (Some(0.5), None));
    assert_eq!(asked(&server, "GetMetricData"), 1);
    server.sim.advance(Duration::from_hours(8));
    assert_eq!(aws.long_utilization(REGION, &aliases).await.unwrap()[0].busiest, None);
}

/// Three messages wait in a queue, and two in the one that its failed ones go to.
async fn with_queues() -> (Server, Aws, Subject) {
    let (server, aws, _) = world().await;
    server.sim.with_region(ACCOUNT, REGION, |region, _| {
        let redrive = Redrive {
            dead_letter_target_arn: FAILED.into(),
            max_receive_count: 3,
        };
        let orders = Queue {
            redrive: Some(redrive),
            ..Queue::default()
        };
        region.put_queue(ORDERS, orders);
        region.put_queue(FAILED, Queue::default());
        region.send_messages(ORDERS, vec!["m".into(); 3]).unwrap();
        region.send_messages(FAILED, vec!["m".into(); 2]).unwrap();
    });
    server.sim.advance(Duration::from_mins(6));
    let subject = Subject {
        queues: BTreeSet::from([ORDERS.to_owned()]),
        ..subject()
    };
    (server, aws, subject)
}

#[tokio::test]
async fn a_queue_tells_its_oldest_message_and_how_many_failed() {
    let (server, aws, subject) = with_queues().await;
    for _ in 0..2 {
        let usage = aws.usage(REGION, std::slice::from_ref(&subject)).await.unwrap().remove(0);
        let queue = usage.queues[ORDERS];
        assert_eq!(queue.failed, Some(2.0));
        assert!(queue.oldest.is_some_and(|seconds| (60.0..360.0).contains(&seconds)), "{queue:?}");
    }
    assert_eq!(asked(&server, "GetQueueUrl"), 1, "where failed messages go is remembered");
}

#[tokio::test]
async fn without_the_right_to_read_a_queue_its_failed_messages_are_unknown_and_nothing_fails() {
    let (server, aws, subject) = with_queues().await;
    let fault = Fault::Fail {
        status: 403,
        code: "AccessDenied".into(),
        message: "no".into(),
        retry_after_seconds: None,
        reason: None,
    };
    let matching = Matching {
        operation: Some("GetQueueAttributes".into()),
        ..Matching::default()
    };
    server.sim.add_fault(Rule {
        matching,
        skip: 0,
        times: None,
        fault,
    });
    let usage = aws.usage(REGION, &[subject]).await.unwrap().remove(0);
    assert!(
        matches!(
            usage.queues[ORDERS],
            QueueUsage {
                oldest: Some(_),
                failed: None
            }
        ),
        "{:?}",
        usage.queues
    );
}

#[tokio::test]
async fn what_a_mapping_gave_up_is_counted_where_it_went() {
    let (_server, aws, _) = with_queues().await;
    let subject = Subject {
        destinations: BTreeSet::from([FAILED.to_owned()]),
        ..subject()
    };
    let usage = aws.usage(REGION, &[subject]).await.unwrap().remove(0);
    assert_eq!(usage.queues[FAILED].failed, Some(2.0));
}
