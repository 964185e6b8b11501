//! Where a number becomes an alert. The colours of the dashboard are made of the same numbers.

/// Share of the requests through the alias that start cold.
pub const SPILLOVER: f64 = 0.01;
/// Share of the function's requests that have to come through the alias.
pub const ALIAS_TRAFFIC: f64 = 0.95;
/// Share of the warm environments that has to be busy now and then.
pub const IDLE: f64 = 0.1;
/// Age of records in seconds: something stands still.
pub const ITERATOR_AGE: f64 = 3600.0;
/// Age of records in seconds: half of the day after which DynamoDB, and Kinesis unless told otherwise, drop them.
pub const ITERATOR_AGE_LOSS: f64 = 43200.0;
/// Share of passes that fail.
pub const RECONCILE_ERRORS: f64 = 0.1;
/// Share of status reports that the API server does not take.
pub const STATUS_WRITES: f64 = 0.25;
/// Share of requests to AWS that fail for a reason that is not the endpoint's.
pub const AWS_FAILING: f64 = 0.5;
/// Share of requests to AWS that are throttled.
pub const AWS_THROTTLED: f64 = 0.05;
/// Share of requests to CloudWatch that fail.
pub const CLOUDWATCH_FAILING: f64 = 0.1;
/// Age of the newest datapoint in seconds. With the usual flags it is 17 minutes at most while all is well.
pub const METRICS_AGE: f64 = 1800.0;
/// Corrections of the same thing within an hour: one is an accident, four are a second owner.
pub const DRIFT: f64 = 3.0;
/// Seconds that one in ten due endpoints waits for its pass.
pub const QUEUE_SECONDS: f64 = 60.0;
/// Requests within five minutes that the API server refuses: a watch that is denied tries twice a minute.
pub const KUBERNETES_FAILURES: f64 = 3.0;
/// Concurrency that AWS keeps for functions without a reservation. Source: AWS-58.
pub const ACCOUNT_KEPT: f64 = 100.0;
/// Share of the account's concurrency that has to be free beyond that.
pub const ACCOUNT_FREE: f64 = 0.1;
