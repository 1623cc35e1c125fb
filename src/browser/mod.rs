//! One thin adapter for each Web API that the page uses.
//!
//! An adapter turns callbacks into events and `JsValue`s into typed errors, and
//! its Drop gives back whatever it took. None of them may know what a call is,
//! what goes over the wire, or how anything looks.

pub mod aes_gcm;
pub mod audio_mix;
pub mod audio_output;
pub mod barcode_detector;
pub mod battery_status;
pub mod blob;
pub mod broadcast_channel;
pub mod cache_storage;
pub mod canvas;
pub mod clock;
pub mod error;
pub mod file;
pub mod file_pick;
pub mod file_store;
pub mod fullscreen;
pub mod image_preview;
pub mod indexed_db;
pub mod install_prompt;
pub mod level_meter;
mod listener;
pub mod location;
pub mod media_capabilities;
pub mod media_capture;
pub mod media_devices;
pub mod media_recorder;
pub mod media_session;
pub mod navigator;
pub mod network_information;
pub mod noise_filter;
pub mod notification;
pub mod permissions;
pub mod picture_in_picture;
pub mod promise;
pub mod push_manager;
pub mod random;
mod reflect;
pub mod resize_observer;
pub mod rtc_certificate;
mod rtc_configuration;
pub mod rtc_data_channel;
pub mod rtc_dtls_transport;
pub mod rtc_peer_connection;
pub mod rtc_rtp_sender;
mod rtc_rtp_transceiver;
pub mod rtc_stats_report;
pub mod screen_capture;
pub mod screen_wake_lock;
mod sdp_content;
pub mod speech_recognition;
pub mod storage_manager;
pub mod style_sheet;
pub mod text_forms;
pub mod user_activation;
pub mod vibration;
pub mod visual_viewport;
pub mod web_audio;
pub mod web_crypto;
pub mod web_locks;
pub mod web_socket;
pub mod web_storage;
pub mod window;
pub mod x25519;
pub mod xml_http_request;

pub use error::BrowserError;
pub use listener::Listener;
