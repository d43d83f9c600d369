-- The table that the reference API serves, with people who do not exist.
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  email text NOT NULL UNIQUE CHECK (length(email) BETWEEN 3 AND 254),
  created_at timestamptz NOT NULL DEFAULT now()
);

INSERT INTO users (name, email) VALUES
  ('Ada Example', 'ada@example.com'),
  ('Grace Example', 'grace@example.com'),
  ('Linus Example', 'linus@example.com');
