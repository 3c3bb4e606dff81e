//! Node-API: conversion, work off the event loop, panics to errors. Decides nothing.
//!
//! What crosses is JSON: a handful of calls per minute do not pay for hand-made objects, and the
//! shapes are those that serde already gives the report. Every function here catches panics,
//! because one that crosses into Node ends the process.

#![cfg_attr(
    test,
    allow(
        dead_code,
        reason = "napi-derive leaves registration out of test builds"
    )
)]

mod capture;
mod capture_order;
mod collection;
mod comparison;
mod figures;
mod files;
mod flight;
mod forked_gc;
mod job;
mod monitor;
mod near_limit;
mod node;
mod question;
mod scripts;
mod snapshot;
mod thread_time;
mod turn;
