import type { MongoClient } from 'mongodb';
import * as z from 'zod';
import type { Connection } from '../connection/connection.ts';

const noteDocument = z
  .object({ _id: z.unknown(), text: z.string() })
  .transform(({ _id, text }) => ({ id: String(_id), text }));

/** One note of the sample data. */
export type Note = z.output<typeof noteDocument>;

/** The collection `notes`. */
export interface Notes {
  /** The last hundred, newest first. */
  readonly list: () => Promise<readonly Note[]>;
  readonly add: (text: string) => Promise<Note>;
  /** Rejects where the server cannot be asked. */
  readonly check: () => Promise<void>;
}

/** Milliseconds for one operation. */
const maxTimeMS = 5_000;

/** The collection behind a connection. */
export const notesOf = (connection: Connection<MongoClient>): Notes => ({
  list: async () =>
    z
      .array(noteDocument)
      .parse(
        await connection.use((client) =>
          client.db().collection('notes').find({}, { maxTimeMS }).sort({ _id: -1 }).limit(100).toArray(),
        ),
      ),
  add: async (text) => {
    const { insertedId } = await connection.use((client) => client.db().collection('notes').insertOne({ text }));
    return { id: String(insertedId), text };
  },
  check: async () => {
    await connection.use((client) => client.db().collection('notes').findOne({}, { maxTimeMS }));
  },
});
