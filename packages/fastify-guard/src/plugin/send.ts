import type { Server } from 'node:http';
import type {
  FastifyReply,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RouteGenericInterface,
} from 'fastify';
import { type Problem, problemType } from '../problem/problem.ts';

/** A reply of whichever server. */
export type AnyReply = Pick<
  FastifyReply<RouteGenericInterface, Server, RawRequestDefaultExpression, RawReplyDefaultExpression>,
  'code' | 'type' | 'serializer' | 'send'
>;

/** Answers with a problem. */
export const sendProblem = <Reply extends FastifyReply>(reply: Reply, problem: Problem): Reply => {
  // A serialiser of the route would leave out what its schema does not name.
  void reply.code(problem.status).type(problemType).serializer(JSON.stringify).send(problem);
  return reply;
};
