mod failover;
mod mariadb;
mod members;
mod replicas;
mod script;
