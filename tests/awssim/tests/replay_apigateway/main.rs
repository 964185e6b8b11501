//! Answers recorded from the real API Gateway, compared step by step with what the simulator's wire layer answers.
//!
//! The recordings hold answers only; the requests follow from the names of their steps. `docs/awssim-apigateway.md` says what matches.

#[cfg(test)]
mod access_log;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod client;
#[cfg(test)]
mod export;
#[cfg(test)]
mod integrations;
#[cfg(test)]
mod lambda;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod methods;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod responses;
