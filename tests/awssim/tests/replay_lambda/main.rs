//! The answers that were recorded from the real AWS, asked for again: awssim gets the same requests and must answer alike in status,
//! error code, text and members. What differs and why is listed in `docs/awssim-lambda.md`.
//!
//! The recordings are not part of the repository: they are read from `../shared/aws-recordings`, or from where `AWS_RECORDINGS` says.
//! Without them these tests say so and pass.

#[cfg(test)]
mod alias;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod event_source_mapping;
#[cfg(test)]
mod function;
#[cfg(test)]
mod permission;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod revision;
#[cfg(test)]
mod session;
#[cfg(test)]
mod version;
