INSERT INTO accounts VALUES (1, 'Ada', 100, 0);
UPDATE accounts SET balance = 500 WHERE id = 1;
