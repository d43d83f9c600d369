import type { Service } from '../../../contracts/stack.ts';
import { isOfficialImage, isUnprivilegedImage } from '../matching.ts';

/** Files of the image that hold no setting that matters here: types of files, and parameters for other protocols. */
const neutral = /^\/etc\/nginx\/(?:mime\.types|(?:fastcgi|scgi|uwsgi)_params|fastcgi\.conf|koi-(?:utf|win)|win-utf)$/;

/** True for an included file that is left as it is. */
export const isNeutral = (path: string): boolean => neutral.test(path);

const main = `user nginx;
worker_processes auto;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  sendfile on;
  keepalive_timeout 65;
  include /etc/nginx/conf.d/*.conf;
}
`;

const site = (port: number): string => `server {
  listen ${port};
  server_name localhost;
  location / { root /usr/share/nginx/html; index index.html index.htm; }
  error_page 500 502 503 504 /50x.html;
  location = /50x.html { root /usr/share/nginx/html; }
}
`;

/** What the official images bring, by path; nothing for an image that is not known. */
export const imageFiles = (service: Service): ReadonlyMap<string, string> =>
  isOfficialImage(service)
    ? new Map([
        ['/etc/nginx/nginx.conf', main],
        ['/etc/nginx/conf.d/default.conf', site(isUnprivilegedImage(service) ? 8080 : 80)],
      ])
    : new Map();
