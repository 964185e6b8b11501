//! SQS: where the messages of a queue go that failed too often. Source: AWS-100, AWS-117.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_sqs::types::QueueAttributeName;
use futures::FutureExt;
use futures::future::join_all;
use serde_json::Value;

use super::call::Operation;
use super::clients::Region;
use super::throttle::Pool;
use crate::plan::failure::{Class, Failure};

const GET_QUEUE_URL: Operation = Operation {
    name: "sqs:GetQueueUrl",
    pools: &[Pool::Sqs],
};
const GET_QUEUE_ATTRIBUTES: Operation = Operation {
    name: "sqs:GetQueueAttributes",
    pools: &[Pool::Sqs],
};

impl Region {
    /// The dead-letter queue of each queue that has one, as far as it can be read; all by ARN. Never a failure: without the right to
    /// read it, nothing is said about failed messages.
    pub async fn dead_letters(self: &Arc<Self>, queues: impl IntoIterator<Item = &str>) -> BTreeMap<String, String> {
        let found = queues.into_iter().map(|arn| async move {
            let (region, wanted) = (Arc::clone(self), arn.to_owned());
            let read = || async move { region.dead_letter_queue(&wanted).await }.boxed();
            let found = self.dead_letters.get(arn.to_owned(), read).await;
            Some((arn.to_owned(), found.ok()??))
        });
        join_all(found).await.into_iter().flatten().collect()
    }

    /// `None` when there is none, or it may not be read. What passes is a failure, and so is not remembered.
    async fn dead_letter_queue(&self, arn: &str) -> Result<Option<String>, Failure> {
        match self.redrive_policy(arn).await {
            Ok(policy) => Ok(policy.as_deref().and_then(dead_letter_target)),
            Err(passing) if matches!(passing.class, Class::Transient | Class::Throttled(_)) => Err(passing),
            Err(failure) => {
                tracing::info!(queue = arn, error = %failure, aws_request_id = failure.request_id, "its dead-letter queue is not known");
                Ok(None)
            }
        }
    }

    async fn redrive_policy(&self, arn: &str) -> Result<Option<String>, Failure> {
        let mut parts = arn.split(':').skip(4);
        let (Some(account), Some(name)) = (parts.next(), parts.next()) else {
            return Ok(None);
        };
        let call = || {
            let call = self.sqs.get_queue_url().queue_name(name);
            call.queue_owner_aws_account_id(account).send()
        };
        let Some(url) = self.gate.read(GET_QUEUE_URL, arn, call).await?.queue_url else {
            return Ok(None);
        };
        let call = || {
            let call = self.sqs.get_queue_attributes().queue_url(&url);
            call.attribute_names(QueueAttributeName::RedrivePolicy).send()
        };
        let attributes = self.gate.read(GET_QUEUE_ATTRIBUTES, arn, call).await?.attributes;
        Ok(attributes.and_then(|all| all.get(&QueueAttributeName::RedrivePolicy).cloned()))
    }
}

/// `{"deadLetterTargetArn": ..., "maxReceiveCount": ...}`, as JSON in a text.
fn dead_letter_target(policy: &str) -> Option<String> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    policy.get("deadLetterTargetArn")?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_stands_in_the_redrive_policy() {
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:111122223333:failed","maxReceiveCount":"3"}"#;
        assert_eq!(
            dead_letter_target(policy).as_deref(),
            Some("arn:aws:sqs:eu-west-1:111122223333:failed")
        );
        assert_eq!(dead_letter_target(r#"{"maxReceiveCount":3}"#), None);
        assert_eq!(dead_letter_target("no JSON"), None);
    }
}
