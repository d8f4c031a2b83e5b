//! Journeys through HTTP.

mod journey;
