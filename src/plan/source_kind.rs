//! The kinds of sources that event source mappings read, and what the function's execution role needs for each.

/// The service behind a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A DynamoDB stream.
    DynamoDb,
    /// A Kinesis stream, or a consumer of one.
    Kinesis,
    /// An SQS queue.
    Sqs,
    /// An MSK cluster.
    Msk,
    /// A Kafka cluster that is not MSK.
    SelfManagedKafka,
    /// Something else that Lambda reads: its mappings are moved like all others, and never made.
    Other,
}

impl SourceKind {
    /// Of the source with this ARN.
    pub fn of_arn(arn: &str) -> Self {
        match arn.split(':').nth(2) {
            Some("dynamodb") => Self::DynamoDb,
            Some("kinesis") => Self::Kinesis,
            Some("sqs") => Self::Sqs,
            Some("kafka") => Self::Msk,
            _ => Self::Other,
        }
    }

    /// As a person calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::DynamoDb | Self::Kinesis => "stream",
            Self::Sqs => "queue",
            Self::Msk | Self::SelfManagedKafka => "Kafka cluster",
            Self::Other => "source",
        }
    }

    /// Whether it is Kafka, whoever runs it.
    pub const fn is_kafka(self) -> bool {
        matches!(self, Self::Msk | Self::SelfManagedKafka)
    }

    /// Whether it has shards, whose iterator age CloudWatch knows. Source: AWS-97.
    pub const fn is_stream(self) -> bool {
        matches!(self, Self::DynamoDb | Self::Kinesis)
    }

    /// What the execution role needs to read it, as AWS's managed policies have it. Source: AWS-92.
    pub const fn role_actions(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator, dynamodb:ListStreams",
            Self::Kinesis => {
                "kinesis:DescribeStream, kinesis:DescribeStreamSummary, kinesis:GetRecords, kinesis:GetShardIterator, kinesis:ListShards, \
                 kinesis:ListStreams, kinesis:SubscribeToShard"
            }
            Self::Sqs => "sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes",
            Self::Msk => {
                "kafka:DescribeCluster, kafka:DescribeClusterV2, kafka:GetBootstrapBrokers, ec2:CreateNetworkInterface, \
                 ec2:DescribeNetworkInterfaces, ec2:DescribeVpcs, ec2:DeleteNetworkInterface, ec2:DescribeSubnets, \
                 ec2:DescribeSecurityGroups"
            }
            Self::SelfManagedKafka => {
                "secretsmanager:GetSecretValue on the secrets of its sourceAccess, and inside a VPC ec2:CreateNetworkInterface, \
                 ec2:DescribeNetworkInterfaces, ec2:DescribeVpcs, ec2:DeleteNetworkInterface, ec2:DescribeSubnets, \
                 ec2:DescribeSecurityGroups"
            }
            Self::Other => "the actions that Lambda's documentation lists for this kind of source",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_the_kind_and_the_word_for_it() {
        for (arn, kind, word) in [
            (
                "arn:aws:dynamodb:eu-west-1:1:table/t/stream/2026-01-01T00:00:00.000",
                SourceKind::DynamoDb,
                "stream",
            ),
            ("arn:aws:kinesis:eu-west-1:1:stream/s/consumer/c:1", SourceKind::Kinesis, "stream"),
            ("arn:aws-cn:sqs:cn-north-1:1:q", SourceKind::Sqs, "queue"),
            ("arn:aws:kafka:eu-west-1:1:cluster/c/uuid", SourceKind::Msk, "Kafka cluster"),
            ("arn:aws:mq:eu-west-1:1:broker:b:b-1", SourceKind::Other, "source"),
            ("", SourceKind::Other, "source"),
        ] {
            assert_eq!((SourceKind::of_arn(arn), SourceKind::of_arn(arn).word()), (kind, word), "{arn}");
        }
    }
}
