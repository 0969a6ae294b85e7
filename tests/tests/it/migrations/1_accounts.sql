CREATE TABLE accounts (
    id BIGINT NOT NULL PRIMARY KEY,
    owner VARCHAR(40) NOT NULL,
    balance BIGINT NOT NULL,
    version BIGINT NOT NULL
);
